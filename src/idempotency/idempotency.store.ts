import { sql } from 'drizzle-orm'
import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'
import type { IdempotencyKey } from './once.ts'

/** Takes the key, after forgetting an older use of it that has expired. Fails the transaction where it is in use. */
export function takeKey(ctx: Ctx, used: IdempotencyKey, answer: unknown, expiresAt: number): Statement[] {
  const tenantId = ctx.actor.tenantId
  return [
    ctx.db.all(sql`
      DELETE FROM idempotency_keys
      WHERE tenant_id = ${tenantId} AND path = ${used.path} AND key = ${used.key} AND expires_at <= ${ctx.now}`),
    ctx.db.all(sql`
      INSERT INTO idempotency_keys (tenant_id, path, key, fingerprint, answer, expires_at)
      VALUES (${tenantId}, ${used.path}, ${used.key}, ${used.fingerprint}, ${JSON.stringify(answer)}, ${expiresAt})`),
  ]
}

/** What was answered under the key first. */
export function selectAnswer(ctx: Ctx, used: IdempotencyKey) {
  return ctx.db.all<{ fingerprint: string; answer: string }>(sql`
    SELECT fingerprint, answer FROM idempotency_keys
    WHERE tenant_id = ${ctx.actor.tenantId} AND path = ${used.path} AND key = ${used.key}`)
}

/** Removes keys whose day is over, a bounded number of them. */
export function deleteExpired(ctx: Ctx, limit: number) {
  return ctx.db.all<{ gone: 1 }>(sql`
    DELETE FROM idempotency_keys
    WHERE rowid IN (SELECT rowid FROM idempotency_keys WHERE expires_at <= ${ctx.now} ORDER BY expires_at LIMIT ${limit})
    RETURNING 1 AS gone`)
}
