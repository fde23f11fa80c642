const parser = new DOMParser()

/** Whose pages these are. */
const readerOf = (page: Document) => page.querySelector<HTMLElement>('[data-reader]')?.dataset.reader
const reader = readerOf(document)

/**
 * What came of asking for a page: it; or that it leads elsewhere, is for somebody else, who has signed in meanwhile, or
 * could not be had at all.
 */
export type Loaded = Document | 'elsewhere' | 'anothers' | 'offline'

/** A page of this origin, laid out. */
export async function load(url: string): Promise<Loaded> {
  const answer = await fetch(url, { redirect: 'manual' }).catch(() => null)
  if (!answer) return 'offline'
  // To the sign-in, as a rule: then the browser goes there itself.
  if (answer.type === 'opaqueredirect') return 'elsewhere'
  const text = await answer.text().catch(() => null)
  if (text === null) return 'offline'
  const page = parser.parseFromString(text, 'text/html')
  if (reader !== undefined && (readerOf(page) ?? reader) !== reader) return 'anothers'
  if (page.querySelector('[data-markdown]')) (await import('./lay-out.ts')).layOut(page)
  return page
}

/**
 * The same for whoever does without it where it is not to be had. Nothing of what is for somebody else comes into this
 * page: it becomes theirs as a whole.
 */
export async function read(url: string): Promise<Document | null> {
  const page = await load(url)
  if (page === 'anothers') location.reload()
  return page instanceof Document ? page : null
}
