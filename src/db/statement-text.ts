import { SQL } from './sql.ts'

/** A statement as a database takes it. */
export interface StatementText {
  text: string
  /** What is bound to it, in the order of its numbers. */
  values: unknown[]
}

/**
 * What a text is made of, one after the other: the texts of a fragment, as itself where it is one; where a value is
 * bound, which; or `nothing`. Two statements of the same parts have the same text.
 */
type Part = readonly string[] | string | number

const nothing = -1

/** Texts that were made before, by the first part of theirs. */
const known = new WeakMap<readonly string[], { parts: readonly Part[]; text: string }[]>()

/** How many are kept of what begins alike: they differ in which fragments they have, and which values are the same. */
const mostAlike = 8

/**
 * The text of a statement, and what is bound to it: a value that it uses several times once, as D1 takes 100. Most
 * statements are those of an earlier request with other values: what was put together once is not put together again.
 *
 * `likely` gives a value as it is. A bare parameter that is a LIMIT, or that a column equals, SQLite would look at for
 * its plan, and so compile the statement anew each time it runs, which takes longer than to run it.
 */
export function statementText(query: SQL): StatementText {
  const parts: Part[] = []
  const values: unknown[] = []
  take(query, parts, values)
  const alike = known.get(query.texts) ?? []
  const same = alike.find((one) => isSame(one.parts, parts))
  if (same) return { text: same.text, values }
  const places = parts.filter((part) => typeof part === 'number' && part !== nothing)
  const text = rendered(query, places.values())
  known.set(query.texts, [{ parts, text }, ...alike.slice(0, mostAlike - 1)])
  return { text, values }
}

function take({ texts, values }: SQL, parts: Part[], bound: unknown[]): void {
  parts.push(texts.length === 1 ? texts[0]! : texts)
  for (const value of values) {
    if (value instanceof SQL) take(value, parts, bound)
    else if (value === undefined) parts.push(nothing)
    else {
      const at = bound.indexOf(value)
      parts.push(at === -1 ? bound.push(value) - 1 : at)
    }
  }
}

function isSame(some: readonly Part[], others: readonly Part[]): boolean {
  if (some.length !== others.length) return false
  for (let at = 0; at < some.length; at += 1) if (some[at] !== others[at]) return false
  return true
}

/** @param places which value is bound at each place, from 0 */
function rendered({ texts, values }: SQL, places: Iterator<Part>): string {
  let text = texts[0]!
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at]
    if (value instanceof SQL) text += rendered(value, places)
    else if (value !== undefined) text += `likely(?${Number(places.next().value) + 1})`
    text += texts[at + 1]!
  }
  return text
}
