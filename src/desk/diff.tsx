import type { FC } from 'hono/jsx'
import { mostLeaves } from './leaves.ts'
import { movesBetween } from './moves.ts'
import { LongText, Text, visibleText } from './parts.tsx'
import { say } from './wording.ts'

/** How many fields are laid out; what is more is in the JSON that follows. */
const most = 60

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
  if (other === null || text.length < 60 || text.length > 5_000) {
    return (
      <td>
        <Tag>{text === '' ? say.diff.empty : <LongText text={text} />}</Tag>
      </td>
    )
  }
  const [from, to] = differing(text, other)
  return (
    <td>
      <p class="text">
        {visibleText(text.slice(0, from))}
        <Tag>{visibleText(text.slice(from, to))}</Tag>
        {visibleText(text.slice(to))}
      </p>
    </td>
  )
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
