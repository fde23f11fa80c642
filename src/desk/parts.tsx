import type { Child, FC, PropsWithChildren } from 'hono/jsx'
import { decimalsOf } from '../currencies.ts'
import { iso } from '../http/time.ts'
import { unseen } from '../unseen.ts'
import { relativeTime } from './relative-time.ts'
import { joined, leavesOf, type Leaf } from './leaves.ts'
import { labelOf, say } from './wording.ts'

/* What pages are made of. Whatever comes from outside is text here, and shows what it would rather hide. */

/** From which length on a text is folded, in characters. */
const long = 600

/** How many facts are laid out: the others are in the JSON that follows. */
const mostFacts = 60

/**
 * Text of somebody else's: it does not run over into what stands beside it (`bdi`), and characters that would turn it
 * round or hide in it are shown by their numbers.
 */
export const Text: FC<{ text: string }> = ({ text }) => <bdi>{visibleText(text)}</bdi>

/**
 * What has no shape: controls, formats, fillers and the like, and the blank of Braille. Not tabs, ends of lines,
 * joiners, which scripts and emoji need, and what says how an emoji or a keycap is drawn.
 */
const hidden = new RegExp(
  String.raw`(?![\t\n\r\u200c\u200d])(?!(?<=(?![#*\d])\p{Emoji})[\ufe0e\ufe0f]|(?<=[#*\d])\ufe0f\u20e3)${unseen.source}`,
  'gu',
)

export function visibleText(text: string): string {
  return text.replace(hidden, (one) => `⟨U+${one.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`)
}

/** The place itself, or the one before it where it is in the middle of a character. */
export function wholeAt(text: string, place: number): number {
  return text.codePointAt(place - 1)! > 0xffff ? place - 1 : place
}

/** A text of any length, its lines kept: what is long is folded. */
export const LongText: FC<{ text: string }> = ({ text }) => {
  if (text.length <= long)
    return (
      <p class="text">
        <Text text={text} />
      </p>
    )
  const end = wholeAt(text, long)
  return (
    <div class="text">
      <Text text={text.slice(0, end)} />
      <details>
        <summary>{say.rest}</summary>
        <div class="scroll" tabindex={0}>
          <Text text={text.slice(end)} />
        </div>
      </details>
    </div>
  )
}

/** A time, as it is from now; the exact one when it is pointed at. */
export const When: FC<{ at: number; now: number }> = ({ at, now }) => (
  <time datetime={iso(at)} title={exactly(at)}>
    {relativeTime(at, now)}
  </time>
)

function exactly(at: number): string {
  return iso(at)
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}

/** Facts, a label and a value each. */
export const Facts: FC<PropsWithChildren> = ({ children }) => <dl class="facts">{children}</dl>

export const Fact: FC<PropsWithChildren<{ label: string; isMarked?: boolean }>> = ({ label, isMarked, children }) => (
  <div class={isMarked ? 'marked' : undefined}>
    <dt>
      {visibleText(label)}
      {isMarked && <span class="badge error">{say.failed}</span>}
    </dt>
    <dd>{children}</dd>
  </div>
)

/** A fact that is text; none where there is none. */
export function fact(label: string, text: string | null | undefined): Child {
  return text === null || text === undefined || text === '' ? null : (
    <Fact label={label}>
      <Text text={text} />
    </Fact>
  )
}

/** An address that leads elsewhere, where it leads to a page; any other is text. */
export const SafeLink: FC<{ url: string; text?: string }> = ({ url, text = url }) => {
  if (!/^https?:\/\//i.test(url)) return <Text text={text === url ? url : `${text} (${url})`} />
  return (
    <a href={url} rel="noopener noreferrer nofollow" target="_blank" title={visibleText(url)}>
      <Text text={text} />
    </a>
  )
}

/** A text that may have a little Markdown in it. It is text until the browser lays it out (`browser/markdown.ts`). */
export const Markdown: FC<{ text: string }> = ({ text }) => (
  <div class="text" data-markdown>
    <Text text={text} />
  </div>
)

/** JSON as it was sent, folded. */
export const Raw: FC<{ json: string; label?: string }> = ({ json, label = say.raw }) => (
  <details class="raw">
    <summary>{label}</summary>
    <pre class="scroll" tabindex={0}>
      {visibleText(json)}
    </pre>
  </details>
)

/**
 * What JSON says, a fact for each value in it, digit by digit as it was sent; then all of it, folded.
 *
 * @param marked where the values are that stand out, or what they are within
 */
export const JsonFacts: FC<{ json: string; marked?: readonly string[][] }> = ({ json, marked = [] }) => {
  const isWithin = (path: Leaf['path']) => marked.some((names) => names.every((name, at) => name === String(path[at])))
  const isMarked = ({ path }: Leaf) => isWithin(path)
  const { leaves: all, count } = leavesOf(json, isWithin)
  // What is marked comes first: nobody overlooks it, however much there is.
  const leaves = marked.length === 0 ? joined(all) : [...all.filter(isMarked), ...all.filter((leaf) => !isMarked(leaf))]
  const more = leaves.length - mostFacts + count - all.length
  return (
    <>
      <Facts>
        {leaves.slice(0, mostFacts).map((leaf) => (
          <Fact
            label={leaf.path.map((name) => labelOf(String(name))).join(' › ') || say.value}
            isMarked={isMarked(leaf)}
          >
            <LongText text={leaf.text} />
          </Fact>
        ))}
      </Facts>
      {more > 0 && <p class="quiet">{say.moreFacts(more)}</p>}
      <Raw json={json} />
    </>
  )
}

/** What somebody has typed, where there is no field to type it into any more; nothing where they have typed nothing. */
export const Kept: FC<{ label: string; texts: readonly (string | undefined)[] }> = ({ label, texts }) => {
  const typed = texts.filter((text) => text !== undefined && text !== '')
  if (typed.length === 0) return null
  return (
    <section class="kept">
      <p class="quiet">{label}</p>
      {typed.map((text) => (
        <LongText text={text!} />
      ))}
    </section>
  )
}

/** An amount in minor units, with as many decimals as its currency has (ISO 4217). */
export function money(amount: number, currency: string): string {
  const decimals = decimalsOf(currency)
  const digits = String(amount).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',')
  return say.money(decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`, currency)
}
