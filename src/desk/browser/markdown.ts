import { lexer, Tokenizer, type Token, type Tokens } from 'marked'

/*
 * Draws the Markdown of texts that somebody else has written. Nothing of it is ever HTML: what the lexer finds becomes
 * elements of the few kinds that there are here, and everything else, HTML included, stays the text that it is.
 */

const deepest = 8

/** Leaves definitions of links in their text: whoever approves it sees all that was written. */
class WithoutDefinitions extends Tokenizer {
  override def() {
    return undefined
  }
}

/** Lays a text out in the element that shows it as text. */
export function drawMarkdown(element: HTMLElement): void {
  const text = element.textContent ?? ''
  const drawn = document.createDocumentFragment()
  drawn.append(...blocks(lexer(text, { gfm: true, breaks: true, tokenizer: new WithoutDefinitions() }), 0))
  element.replaceChildren(drawn)
}

function blocks(tokens: readonly Token[], depth: number): Node[] {
  return depth > deepest ? tokens.map(({ raw }) => plain(raw)) : tokens.flatMap((token) => block(token, depth))
}

function block(token: Token, depth: number): Node[] {
  const inner = () => inlines((token as Tokens.Paragraph).tokens, depth + 1)
  switch (token.type) {
    case 'space':
      return []
    case 'hr':
      return [made('hr')]
    case 'heading':
      // The page has its own headings: these are within its text.
      return [made('p', [made('strong', inner())])]
    case 'paragraph':
      return [made('p', inner())]
    case 'text':
      return 'tokens' in token ? inner() : [plain(token.text)]
    case 'checkbox':
      return [plain(token.raw)]
    case 'code':
      // What stands behind the fence is the name of a language, or is text.
      return [made('pre', [made('code', [plain(/^[\w+#.-]*$/.test(token.lang ?? '') ? token.text : token.raw)])])]
    case 'blockquote':
      return [made('blockquote', blocks(token.tokens ?? [], depth + 1))]
    case 'list': {
      const items = (token as Tokens.List).items.map((item) => listItem(item, depth))
      return [made(token.ordered ? 'ol' : 'ul', items)]
    }
    default:
      return [made(token.raw.trim().includes('\n') ? 'pre' : 'p', [plain(token.raw.trim())])]
  }
}

/** Its number is the one that was written, whatever is before it. */
function listItem({ raw, tokens }: Tokens.ListItem, depth: number): Node {
  const item = made('li', blocks(tokens, depth + 1))
  const number = /^\s*(\d+)[.)]/.exec(raw)?.[1]
  if (number !== undefined) item.setAttribute('value', number)
  return item
}

function inlines(tokens: readonly Token[] = [], depth: number): Node[] {
  return depth > deepest ? tokens.map(({ raw }) => plain(raw)) : tokens.map((token) => inline(token, depth))
}

function inline(token: Token, depth: number): Node {
  const inner = () => inlines((token as Tokens.Strong).tokens, depth + 1)
  switch (token.type) {
    case 'strong':
    case 'em':
    case 'del':
      return made(token.type, inner())
    case 'codespan':
      return made('code', [plain(token.text)])
    case 'br':
      return made('br')
    case 'link':
      return link(token.href, token.title, inner())
    case 'text':
    case 'escape':
      return plain(token.text)
    default:
      // Images and HTML too: what they say, not what they would do.
      return plain(token.raw)
  }
}

/** A link that leads to a page, with its address and title beside it where its text is another; any other is text. */
function link(href: string, title: string | null | undefined, inner: Node[]): Node {
  const text = inner.map((node) => node.textContent).join('')
  const beside = [...(text === href || text === '' ? [] : [hostOf(href)]), ...(title ? [`"${title}"`] : [])].join(', ')
  const shown = [...(text === '' ? [plain(href)] : inner), ...(beside === '' ? [] : [plain(` (${beside})`)])]
  if (!/^https?:\/\//i.test(href)) return made('span', shown)
  const anchor = made('a', shown)
  anchor.setAttribute('href', href)
  anchor.setAttribute('rel', 'noopener noreferrer nofollow')
  anchor.setAttribute('target', '_blank')
  return anchor
}

function hostOf(href: string): string {
  return URL.parse(href)?.host || href
}

function made(name: string, children: Node[] = []): HTMLElement {
  const element = document.createElement(name)
  element.append(...children)
  return element
}

function plain(text: string): Text {
  return document.createTextNode(text)
}
