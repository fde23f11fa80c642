import { sql } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import { day } from '../durations.ts'
import type { IdempotencyKey } from './once.ts'

/**
 * Takes the key for a day, where the condition holds. Fails the transaction where the key is in use: if not its own
 * day, the new row then takes the day of that use, which the primary key refuses.
 */
export function takeKey(ctx: Ctx, used: IdempotencyKey, answer: unknown, condition?: Condition): Statement {
  const expiresAt = ctx.now + day
  const inUse = (on: number) =>
    sql`(SELECT expires_on FROM idempotency_keys WHERE expires_on = ${on} AND ${isInUse(ctx, used)})`
  const last = dayOf(expiresAt)
  return ctx.db.all(sql`
    INSERT INTO idempotency_keys (expires_on, tenant_id, user_id, path, key, fingerprint, answer, expires_at)
    SELECT coalesce(${inUse(last - 1)}, ${inUse(last + 1)}, ${last}), ${ctx.actor.tenantId}, ${used.userId}, ${used.path}, ${used.key},
      ${used.fingerprint}, ${JSON.stringify(answer)}, ${expiresAt}
    WHERE ${condition ?? sql`1`}`)
}

/** One row where the condition holds, else none. */
export function selectWhether(ctx: Ctx, condition: Condition) {
  return ctx.db.all<{ holds: 1 }>(sql`SELECT 1 AS holds WHERE ${condition}`)
}

/** What was answered under the key first; maybe by a clock that is ahead, to which it is tomorrow already. */
export function selectAnswer(ctx: Ctx, used: IdempotencyKey) {
  const today = dayOf(ctx.now)
  return ctx.db.all<{ fingerprint: string; answer: string }>(sql`
    SELECT fingerprint, answer FROM idempotency_keys WHERE expires_on IN (${today}, ${today + 1}, ${today + 2}) AND ${isInUse(ctx, used)}`)
}

/** Removes keys whose last day is over, a bounded number of them. */
export function deleteExpired(ctx: Ctx, limit: number) {
  return ctx.db.all<{ gone: 1 }>(sql`
    DELETE FROM idempotency_keys
    WHERE (expires_on, tenant_id, user_id, path, key) IN (
      SELECT expires_on, tenant_id, user_id, path, key FROM idempotency_keys WHERE expires_on < ${dayOf(ctx.now)} LIMIT ${limit})
    RETURNING 1 AS gone`)
}

function isInUse(ctx: Ctx, { userId, path, key }: IdempotencyKey): Condition {
  return sql`tenant_id = ${ctx.actor.tenantId} AND user_id = ${userId} AND path = ${path} AND key = ${key}
    AND expires_at > ${ctx.now}`
}

function dayOf(time: number): number {
  return Math.floor(time / day)
}

/**
 * Forgets what a person was answered, and what others were answered about them: who had them made, or a key of theirs.
 * Reads the tenant's keys of the days that are kept, and no others'.
 */
export function deleteAnswersOf({ db, actor }: Ctx, personId: string): Statement {
  return db.all(sql`
    WITH RECURSIVE days (one) AS (
      SELECT min(expires_on) FROM idempotency_keys
      UNION ALL SELECT (SELECT min(expires_on) FROM idempotency_keys WHERE expires_on > one) FROM days WHERE one IS NOT NULL)
    DELETE FROM idempotency_keys
    WHERE expires_on IN (SELECT one FROM days) AND tenant_id = ${actor.tenantId} AND (user_id = ${personId}
      OR path = '/v1/people' AND answer ->> '$.id' = ${personId} OR path = '/v1/api-keys' AND answer ->> '$.person_id' = ${personId})`)
}
