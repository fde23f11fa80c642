import { sql } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import type { IdempotencyKey } from './once.ts'

/** Forgets an older use of the key that has expired. */
export function forgetKey(ctx: Ctx, used: IdempotencyKey): Statement {
  return ctx.db.all(sql`
    DELETE FROM idempotency_keys
    WHERE ${same(ctx, used)} AND expires_at <= ${ctx.now}`)
}

/** Takes the key, where the condition holds. Fails the transaction where the key is in use. */
export function takeKey(
  ctx: Ctx,
  used: IdempotencyKey,
  answer: unknown,
  expiresAt: number,
  condition?: Condition,
): Statement {
  return ctx.db.all(sql`
    INSERT INTO idempotency_keys (tenant_id, user_id, path, key, fingerprint, answer, expires_at)
    SELECT ${ctx.actor.tenantId}, ${used.userId}, ${used.path}, ${used.key}, ${used.fingerprint}, ${JSON.stringify(answer)},
      ${expiresAt}
    WHERE ${condition ?? sql`1`}`)
}

/** One row where the condition holds, else none. */
export function selectWhether(ctx: Ctx, condition: Condition) {
  return ctx.db.all<{ holds: 1 }>(sql`SELECT 1 AS holds WHERE ${condition}`)
}

/** What was answered under the key first. */
export function selectAnswer(ctx: Ctx, used: IdempotencyKey) {
  return ctx.db.all<{ fingerprint: string; answer: string }>(sql`
    SELECT fingerprint, answer FROM idempotency_keys
    WHERE ${same(ctx, used)} AND expires_at > ${ctx.now}`)
}

/** Removes keys whose day is over, a bounded number of them. */
export function deleteExpired(ctx: Ctx, limit: number) {
  return ctx.db.all<{ gone: 1 }>(sql`
    DELETE FROM idempotency_keys
    WHERE (tenant_id, user_id, path, key) IN (
      SELECT tenant_id, user_id, path, key FROM idempotency_keys WHERE expires_at <= ${ctx.now} ORDER BY expires_at LIMIT ${limit})
    RETURNING 1 AS gone`)
}

function same(ctx: Ctx, { userId, path, key }: IdempotencyKey): Condition {
  return sql`tenant_id = ${ctx.actor.tenantId} AND user_id = ${userId} AND path = ${path} AND key = ${key}`
}
