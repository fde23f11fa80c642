import type { Ctx } from '../context.ts'
import { selectUnrevoked } from './access.store.ts'
import { selectEnabled } from './people.store.ts'

const ofSubjects = 'person:'

/** What stands for a key where somebody signs in with tokens: the same for all of theirs, and nobody else's. */
export function subjectKey(tenantId: string, personId: string): string {
  return `${ofSubjects}${tenantId}/${personId}`
}

/** Whose key this stands for; null where it is an API key, or of another tenant. */
export function personBehind(ctx: Ctx, keyId: string): string | null {
  const start = subjectKey(ctx.actor.tenantId, '')
  return keyId.startsWith(start) ? keyId.slice(start.length) : null
}

/**
 * Which of these keys may be used now, and until when: milliseconds, or Infinity. For what goes on after a request was
 * let in; it asks the database, so a revoked key is no good at once. Tokens end by themselves: of those who sign in
 * with them, it says who is not disabled.
 */
export async function goodKeys(ctx: Ctx, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const people = ids.flatMap((id) => personBehind(ctx, id) ?? [])
  const { keys, enabled = [] } = await ctx.db.batch({
    keys: selectUnrevoked(ctx.db, ids),
    enabled: people.length > 0 ? selectEnabled(ctx, people) : undefined,
  })
  const until = keys.map(({ id, expires_at }) => [id, expires_at ?? Infinity] as const)
  const subjects = enabled.map(({ id }) => [subjectKey(ctx.actor.tenantId, id), Infinity] as const)
  return new Map([...until.filter(([, expiresAt]) => expiresAt > ctx.now), ...subjects])
}
