import { parseTree, type Node } from 'jsonc-parser'
import { invalidInput, Refusal } from '../refusal.ts'

/*
 * JavaScript reads JSON with losses: numbers beyond 2^53 lose digits, 1.10 becomes 1.1, members with names like "2" and
 * "1" change places. Where a caller's JSON is kept for others, its text is kept.
 */

/** How much JSON a caller may have kept, in bytes of UTF-8, and how deeply it may be nested. */
export const keptJson = { bytes: 256 * 1024, depth: 64 }

/**
 * The text of a top-level member of a JSON object as it was sent; undefined where it is not there. Of a member that is
 * given twice, the last counts, as it does for JSON.parse.
 *
 * @param isUnique whether no object in it may give a member twice: then everybody reads the same in it (RFC 7493, 2.3)
 * @throws Refusal `body_too_large` or `invalid_input` where the member is beyond `keptJson`
 */
export function rawMember(body: string, name: string, isUnique = false): string | undefined {
  const tooDeep = invalidInput([
    { in: 'body', pointer: `/${name}`, message: `is nested deeper than ${keptJson.depth}` },
  ])
  // Measured before it is parsed, because the parser recurses.
  if (depthOf(body) > keptJson.depth + 1) throw tooDeep
  const members = parseTree(body)?.children ?? []
  const value = members.findLast(({ children }) => children?.[0]?.value === name)?.children?.[1]
  if (!value) return undefined
  const text = body.slice(value.offset, value.offset + value.length)
  if (depthOf(text) > keptJson.depth) throw tooDeep
  if (new TextEncoder().encode(text).byteLength > keptJson.bytes) {
    throw new Refusal('body_too_large', `${name} is over ${keptJson.bytes} bytes.`)
  }
  const twice = isUnique ? repeated(value, `/${name}`) : undefined
  if (twice !== undefined) throw invalidInput([{ in: 'body', pointer: twice, message: 'is given twice' }])
  return text
}

/** A JSON Pointer to a member that its object has already; undefined where there is none. */
function repeated(node: Node, pointer: string): string | undefined {
  const names = new Set<string>()
  for (const [index, child] of (node.children ?? []).entries()) {
    const [key, value] = node.type === 'object' ? (child.children ?? []) : [undefined, child]
    const name = key ? String(key.value) : String(index)
    const here = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (names.has(name)) return here
    names.add(name)
    const deeper = value && repeated(value, here)
    if (deeper !== undefined) return deeper
  }
  return undefined
}

/** The JSON text of an object with further members whose values are JSON text already; null stands for null. */
export function withRaw(object: Record<string, unknown>, raw: Record<string, string | null>): string {
  const own = JSON.stringify(object).slice(1, -1)
  const more = Object.entries(raw).map(([name, text]) => `${JSON.stringify(name)}:${text ?? 'null'}`)
  return `{${[...(own ? [own] : []), ...more].join(',')}}`
}

/** How deeply arrays and objects are nested in a JSON text. */
export function depthOf(json: string): number {
  let depth = 0
  let deepest = 0
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, (depth += 1))
    else if (token === ']' || token === '}') depth -= 1
  }
  return deepest
}
