import { Big } from 'big.js'
import { visit } from 'jsonc-parser'
import { jsonPointer } from '../json-pointer.ts'
import type { Fault } from '../refusal.ts'

/*
 * JavaScript reads JSON with losses: numbers beyond 2^53 lose digits, 1.10 becomes 1.1, members with names like "2" and
 * "1" change places. Where a caller's JSON is kept for others, its text is kept.
 */

/** How much JSON a caller may have kept, in bytes of UTF-8, and how deeply it may be nested. */
export const keptJson = { bytes: 256 * 1024, depth: 64 }

/** The member of a body that is kept as sent. */
export interface Kept {
  member: string
  /** Whether no object in it may give a member twice: then everybody reads the same in it (RFC 7493, 2.3). */
  isUnique?: boolean
  /**
   * Whether each number in it must be one that a double keeps (RFC 7493, 2.2): then it may be read and written again.
   */
  isExact?: boolean
}

/** The type of the fault of a member larger than `keptJson.bytes`. */
export const tooLarge = 'too_large'

/** How many repeated members, and how many numbers that lose digits, are listed. */
const mostListed = 100

/**
 * The text of a member of a JSON object as it was sent, and how it exceeds `keptJson`; no text if it is not there. If
 * it is given twice, the last one counts, as for JSON.parse.
 *
 * @param within the names of the members that lead to the object, from the outside in; none where it is the body
 */
export function readMember(
  body: string,
  { member, isUnique = false, isExact = false }: Kept,
  within: readonly string[] = [],
): { text?: string; faults: Fault[] } {
  const fault = (message: string, type: string, pointer = `/${member}`): Fault => ({
    in: 'body',
    pointer,
    message,
    type,
  })
  // Measured before it is parsed, because the parser recurses.
  if (depthOf(body) > within.length + 1 + keptJson.depth) {
    return { faults: [fault(`is nested deeper than ${keptJson.depth}`, 'value_error')] }
  }
  const text = [...within, member].reduce<string | undefined>((outer, name) => outer && lastOf(outer, name), body)
  if (text === undefined) return { faults: [] }
  // A UTF-16 unit is three bytes of UTF-8 at the most.
  const isLarge = 3 * text.length > keptJson.bytes && new TextEncoder().encode(text).byteLength > keptJson.bytes
  const twice = isUnique ? repeated(text, `/${member}`) : []
  const lossy = isExact ? inexact(text, `/${member}`) : []
  const faults = [
    ...(isLarge ? [fault(`must have at most ${keptJson.bytes} bytes`, tooLarge)] : []),
    ...twice.map((pointer) => fault('is given twice', 'value_error', pointer)),
    ...lossy.map(({ pointer, read }) => fault(losesDigits(read), 'value_error', pointer)),
  ]
  return { text, faults }
}

/**
 * The text of the last top-level member of this name. Nothing is built of the values on the way: there may be half a
 * million.
 */
function lastOf(body: string, member: string): string | undefined {
  let depth = 0
  let isNamed = false
  let start = 0
  let text: string | undefined
  const begin = (offset: number) => {
    depth += 1
    if (depth === 2 && isNamed) start = offset
    // Only the top level's members are looked at.
    return depth === 1
  }
  const end = (offset: number, length: number) => {
    depth -= 1
    if (depth === 1 && isNamed) text = body.slice(start, offset + length)
  }
  visit(body, {
    onObjectBegin: begin,
    onArrayBegin: begin,
    onObjectEnd: end,
    onArrayEnd: end,
    onObjectProperty(name) {
      isNamed = name === member
    },
    onLiteralValue(_, offset, length) {
      if (depth === 1 && isNamed) text = body.slice(offset, offset + length)
    },
  })
  return text
}

/** JSON Pointers to members that are repeated in their objects: the first few. */
function repeated(json: string, pointer: string): string[] {
  const pointers: string[] = []
  /** The names in each open object so far. */
  const open: Set<string>[] = []
  visit(json, {
    onObjectBegin() {
      open.push(new Set())
    },
    onObjectEnd() {
      open.pop()
    },
    onObjectProperty(name, _offset, _length, _line, _character, pathOfObject) {
      const names = open.at(-1)
      if (names?.has(name) && pointers.length < mostListed) {
        pointers.push(pointer + jsonPointer([...pathOfObject(), name]))
      }
      names?.add(name)
    },
  })
  return pointers
}

/** Numbers that a double cannot hold exactly, the first few, and what it makes of them. */
function inexact(json: string, pointer: string): { pointer: string; read: number }[] {
  const found: { pointer: string; read: number }[] = []
  visit(json, {
    onLiteralValue(read: unknown, offset, length, _line, _character, path) {
      if (typeof read !== 'number' || found.length >= mostListed) return
      if (!isKept(json.slice(offset, offset + length), read))
        found.push({ pointer: pointer + jsonPointer(path()), read })
    },
  })
  return found
}

function isKept(text: string, read: number): boolean {
  // Up to fifteen digits are always exact.
  if (text.length <= 15 && !/e/i.test(text)) return true
  return Number.isFinite(read) && new Big(text).eq(read)
}

function losesDigits(read: number): string {
  return `cannot be represented exactly as a double: it would be read as ${read}; send fewer digits, or text`
}

/** The JSON text of an object with further members whose values are JSON text already; null stands for null. */
export function withRaw(object: Record<string, unknown>, raw: Record<string, string | null>): string {
  let text = JSON.stringify(object).slice(0, -1)
  for (const name in raw) text += `${text === '{' ? '' : ','}${JSON.stringify(name)}:${raw[name] ?? 'null'}`
  return `${text}}`
}

/** How deeply arrays and objects are nested in a JSON text. */
export function depthOf(json: string): number {
  let depth = 0
  let deepest = 0
  let isText = false
  for (let at = 0; at < json.length; at += 1) {
    const char = json[at]
    if (isText && char === '\\') at += 1
    else if (char === '"') isText = !isText
    else if (isText) continue
    else if (char === '{' || char === '[') deepest = Math.max(deepest, (depth += 1))
    else if (char === '}' || char === ']') depth -= 1
  }
  return deepest
}
