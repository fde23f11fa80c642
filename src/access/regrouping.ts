import { Refusal } from '../refusal.ts'

/** The entity tags that a caller has sent in `If-Match`; null where any will do. */
export type Tags = readonly string[] | null

/** How often a write is tried that others keep coming before. */
export const tries = 5

/** Who, or what, is in the list after and not before, and the other way round. Both lists are JSON text. */
export function regrouping(before: string, after: string): { joined: string[]; left: string[] } {
  const [was, is] = [before, after].map((list) => new Set(JSON.parse(list) as string[])) as [Set<string>, Set<string>]
  return { joined: [...is].filter((id) => !was.has(id)), left: [...was].filter((id) => !is.has(id)) }
}

/** @throws Refusal `precondition_failed` where the caller has seen another version */
export function refuseStale(tags: Tags, version: number): void {
  if (tags === null || tags.includes(String(version))) return
  throw new Refusal('precondition_failed', `If-Match does not name the current version, "${version}".`)
}
