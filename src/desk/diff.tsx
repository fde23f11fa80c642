import type { FC } from 'hono/jsx'
import { mostLeaves } from './leaves.ts'
import { movesBetween } from './moves.ts'
import { LongText, Text, visibleText, wholeAt } from './parts.tsx'
import { say } from './wording.ts'

/** How many fields are laid out; what is more is in the JSON that follows. */
const most = 60

/** Up to which length a text, or the part of it that differs, is shown whole, in characters. */
const mostMarked = 5_000

/** How much of what a long text has in common with another is shown on each side of what differs, in characters. */
const around = 300

interface Sides {
  before: string | null
  after: string | null
  /** What the two sides are. */
  heads?: { before: string; after: string }
}

/** Two JSON texts beside each other: the fields that differ. */
export const Diff: FC<Sides> = ({ before, after, heads = say.diff }) => {
  const { moves, isCut, isSame } = movesBetween(before, after)
  if (isSame) return <p class="quiet">{say.diff.none}</p>
  if (moves.length === 0) return <p class="notice">{say.diff.behind(mostLeaves)}</p>
  return (
    <>
      <table class="diff">
        <thead>
          <tr>
            <th scope="col">{say.diff.field}</th>
            <th scope="col">{heads.before}</th>
            <th scope="col">{heads.after}</th>
          </tr>
        </thead>
        <tbody>
          {moves.slice(0, most).map((move) => (
            <tr>
              <th scope="row">
                <Text text={move.label} />
              </th>
              <Side text={move.before} other={move.after} is="del" />
              <Side text={move.after} other={move.before} is="ins" />
            </tr>
          ))}
        </tbody>
      </table>
      {moves.length > most && <p class="quiet">{say.moreFacts(moves.length - most)}</p>}
      {isCut && <p class="notice">{say.diff.cut(mostLeaves)}</p>}
    </>
  )
}

/** One side of a field: of a long text, what both sides have in common at its ends stands back. */
const Side: FC<{ text: string | null; other: string | null; is: 'del' | 'ins' }> = ({ text, other, is: Tag }) => {
  if (text === null) return <td class="quiet">{say.diff.absent}</td>
  if (other === null || text.length < 60) {
    return (
      <td>
        <Tag>{text === '' ? say.diff.empty : <LongText text={text} />}</Tag>
      </td>
    )
  }
  const [from, to] = differing(text, other)
  if (to - from > mostMarked) {
    return (
      <td>
        {from > 0 && <p class="quiet">{say.diff.same(from)}</p>}
        <Tag>
          <LongText text={text.slice(from, to)} />
        </Tag>
        {to < text.length && <p class="quiet">{say.diff.same(text.length - to)}</p>}
      </td>
    )
  }
  const [begin, end] = text.length > mostMarked ? aroundOf(text, from, to) : [0, text.length]
  return (
    <td>
      {begin > 0 && <p class="quiet">{say.diff.same(begin)}</p>}
      <p class="text">
        {visibleText(text.slice(begin, from))}
        <Tag>{visibleText(text.slice(from, to))}</Tag>
        {visibleText(text.slice(to, end))}
      </p>
      {end < text.length && <p class="quiet">{say.diff.same(text.length - end)}</p>}
    </td>
  )
}

/** From where to where a long text is shown: the part that differs, and some of what both have around it. */
function aroundOf(text: string, from: number, to: number): [begin: number, end: number] {
  return [from > around ? wholeAt(text, from - around) : 0, wholeAt(text, Math.min(text.length, to + around))]
}

/** Where a text differs from another, in whole words. */
function differing(text: string, other: string): [from: number, to: number] {
  const shorter = Math.min(text.length, other.length)
  let from = 0
  while (from < shorter && text[from] === other[from]) from += 1
  let end = 0
  while (end < shorter - from && text.at(-1 - end) === other.at(-1 - end)) end += 1
  while (from > 0 && /\S/.test(text[from - 1]!)) from -= 1
  while (end > 0 && /\S/.test(text.at(-end)!)) end -= 1
  return [from, text.length - end]
}
