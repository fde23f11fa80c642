import { isSameJson } from '../json-reader.ts'
import { leavesOf, mostLeaves, type Leaf } from './leaves.ts'
import { visibleText } from './parts.tsx'
import { labelOf, say } from './wording.ts'

/* What differs between two JSON texts. Somebody approves what they read here: what differs must not look the same. */

/** A field that differs. */
export interface Move {
  label: string
  /** Its values as they are shown; null where it was, or will be, not there. */
  before: string | null
  after: string | null
}

export interface Moves {
  moves: Move[]
  /** Whether there is more than was looked at. */
  isCut: boolean
  /** Whether the two are the same, all of them. */
  isSame: boolean
}

/** What differs between two JSON texts, in their order. */
export function movesBetween(before: string | null, after: string | null): Moves {
  const [old, next] = [fieldsOf(before), fieldsOf(after)]
  const labels = labelsOf(new Map([...old.fields, ...next.fields].map(([key, { path }]) => [key, path])))
  const moves = [...labels].flatMap(([key, label]): Move[] => {
    const [one, other] = [old.fields.get(key), next.fields.get(key)]
    // What one side has and the other one may have behind its cut is not told to be gone.
    if ((!one && old.isCut) || (!other && next.isCut)) return []
    if (one && other && one.isText === other.isText && one.text === other.text) return []
    return [{ label, ...toldApart(one, other) }]
  })
  const isCut = old.isCut || next.isCut
  return { moves, isCut, isSame: moves.length === 0 && (!isCut || isSameJson(before, after)) }
}

/** The values of a JSON text by where they are; the member 0 of an object is not the first of a list. */
function fieldsOf(json: string | null) {
  const { leaves, count } = leavesOf(json ?? '')
  return { fields: new Map(leaves.map((leaf) => [JSON.stringify(leaf.path), leaf])), isCut: count > mostLeaves }
}

/** What each path is called: as people say it; where that could mean another one, too, as JSON has it. */
function labelsOf(paths: ReadonlyMap<string, Leaf['path']>): Map<string, string> {
  const spoken = new Map([...paths].map(([key, path]) => [key, path.map((name) => labelOf(String(name)))]))
  const label = (names: readonly string[]) => names.join(' › ') || say.value
  const alike = new Map<string, number>()
  for (const names of spoken.values()) {
    const look = lookOf(label(names))
    alike.set(look, (alike.get(look) ?? 0) + 1)
  }
  return new Map(
    [...spoken].map(([key, names]) => {
      const isClear =
        alike.get(lookOf(label(names))) === 1 && names.every((name) => !name.includes('"') && lookOf(name) !== '')
      const exact = () => paths.get(key)!.map((name) => (typeof name === 'number' ? String(name) : quoted(name)))
      return [key, label(isClear ? names : exact())]
    }),
  )
}

/** Two values that differ, so that one sees that they do. */
function toldApart(before: Leaf | undefined, after: Leaf | undefined): Pick<Move, 'before' | 'after'> {
  const asShown = (leaf: Leaf | undefined, other: Leaf | undefined) =>
    leaf && (leaf.isText && !other?.isText && readsLikeAnother.test(leaf.text) ? quoted(leaf.text) : leaf.text)
  const [one, other] = [asShown(before, after), asShown(after, before)]
  const shown = (text: string | undefined) => lookOf(text === '' ? say.diff.empty : (text ?? say.diff.absent))
  if (shown(one) !== shown(other)) return { before: one ?? null, after: other ?? null }
  return { before: asJson(before), after: asJson(after) }
}

/** A text that one could take for a number or a boolean, or for a text in quotes. */
const readsLikeAnother = /^(-?\d[\d.eE+-]*|true|false|null|\{\}|\[\]|".*")$/s

function asJson(leaf: Leaf | undefined): string | null {
  return leaf ? (leaf.isText ? quoted(leaf.text) : leaf.text) : null
}

/** What one sees of a text: not its blanks, nor how a letter is put together of others. */
function lookOf(text: string): string {
  if (/^[!-~]*$/.test(text)) return text
  return visibleText(text)
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll(/[\s\u2800]+/g, ' ')
    .trim()
    .normalize()
}

/** A text as JSON, with what one does not see by its numbers: no two texts look the same. */
function quoted(text: string): string {
  const unseen =
    text === text.normalize() ? /(?! )[\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/gu : /[^ -~]/g
  return JSON.stringify(text).replaceAll(unseen, (one) =>
    Array.from({ length: one.length }, (_, at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
}
