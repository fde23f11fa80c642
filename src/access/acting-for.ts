import type { Actor } from '../context.ts'
import { Refusal } from '../refusal.ts'

/**
 * The user that a body names, who must be the caller unless the key may act on behalf of others.
 *
 * @param member the body's member, for the error
 * @throws Refusal `actor_mismatch`
 */
export function actingFor(actor: Actor, named: string | null | undefined, member: string): string {
  if (named === undefined || named === null || named === actor.userId) return actor.userId
  if (actor.roles.includes('admin') || actor.roles.includes('service')) return named
  throw new Refusal('actor_mismatch', `${member} is ${named}, but this key belongs to ${actor.userId}.`)
}
