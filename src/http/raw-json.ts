import { parseTree } from 'jsonc-parser'
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
 * @throws Refusal `body_too_large` or `invalid_input` where the member is beyond `keptJson`
 */
export function rawMember(body: string, name: string): string | undefined {
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
  return text
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
