/*
 * A raw Worker runs the statements that the product ran, with other values. Which values are other each time is found
 * by what they look like in the recording: what the call had given, ids and random numbers, the time.
 */

/** A statement as the product has sent it. */
export interface Recorded {
  text: string
  values: unknown[]
}

/** A transaction of the product's: where its session began, and its statements. */
export interface Transaction {
  start: string
  statements: Recorded[]
}

/** A value to bind: as it was, or made anew of pieces. */
export type Value = { same: unknown } | { pieces: Piece[]; isNumber: boolean }

/** Text, what a call gives, what is random in each, or the time. */
type Piece = { text: string } | { given: string } | { random: number; like: string } | { now: true }

/** A transaction whose values are made anew with each call. */
export interface Template {
  start: string
  statements: { text: string; values: Value[] }[]
}

/** TypeIDs, UUIDs, references of intents; and a salt or another random number in hexadecimal. */
const random = /\b[a-z]{3,8}_[0-9a-hjkmnp-tv-z]{26}\b|\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b|\bAPR-[\dA-Z]{4,}\b/

/**
 * @param given what the recorded call had given, by name: texts that nothing else in it contains
 * @param around when it was recorded, in milliseconds
 * @param before what was recorded of another call, as text: an id that is in both is not random
 */
export function templateOf(
  { start, statements }: Transaction,
  given: Readonly<Record<string, string>>,
  around: readonly [number, number],
  before: string,
): Template {
  const randoms: string[] = []
  const names = Object.entries(given)
  const parts = [...names.map(([, value]) => escaped(value)), random.source, String.raw`\b1[5-9]\d{11}\b`]
  const any = new RegExp(`(${parts.join('|')})`)

  function pieceOf(part: string): Piece {
    const name = names.find(([, value]) => value === part)?.[0]
    if (name !== undefined) return { given: name }
    if (random.test(part) && !before.includes(part)) return { random: numberOf(part), like: part }
    const time = Number(part)
    return time >= around[0] && time <= around[1] ? { now: true } : { text: part }
  }
  function numberOf(part: string): number {
    const known = randoms.indexOf(part)
    return known === -1 ? randoms.push(part) - 1 : known
  }
  function valueOf(value: unknown): Value {
    if (typeof value !== 'string' && typeof value !== 'number') return { same: value }
    const pieces = String(value)
      .split(any)
      .filter((part) => part !== '')
      .map(pieceOf)
    if (pieces.every((piece) => 'text' in piece)) return { same: value }
    return { pieces, isNumber: typeof value === 'number' }
  }
  return { start, statements: statements.map(({ text, values }) => ({ text, values: values.map(valueOf) })) }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}

/** What is other with one call; `randoms` is filled as they are asked for. */
export interface Call {
  given: Readonly<Record<string, unknown>>
  now: number
  randoms: string[]
}

/** The value to bind for a call. */
export function filled(value: Value, call: Call): unknown {
  if ('same' in value) return value.same
  const { pieces, isNumber } = value
  let text = ''
  for (const piece of pieces) text += filledPiece(piece, call)
  return isNumber ? Number(text) : text
}

function filledPiece(piece: Piece, { given, now, randoms }: Call): string {
  if ('text' in piece) return piece.text
  if ('now' in piece) return String(now)
  if ('given' in piece) return String(given[piece.given])
  return (randoms[piece.random] ??= anew(piece.like))
}

/** Another random one of the same form, in a cheap way: the raw Worker is to be the limit. */
function anew(like: string): string {
  const uuid = crypto.randomUUID()
  if (like.length === uuid.length && !like.includes('_')) return uuid
  if (like.startsWith('APR-')) return `APR-${uuid.replaceAll('-', '').toUpperCase().slice(0, 12)}`
  // As ids are, it sorts by time: an index grows at its end.
  const time = Date.now().toString(16).padStart(12, '0')
  return `${like.slice(0, like.indexOf('_') + 1)}${(time + uuid.replaceAll('-', '')).slice(0, 26)}`
}
