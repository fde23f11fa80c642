import { sql } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { batchFollowers } from './batches.table.ts'
import { jsonEach } from '../db/json.ts'

/** A stream of a batch's events, as its table has it. */
export type FollowerRow = typeof batchFollowers.$inferSelect

/**
 * Removes the rows of streams that are gone: those of the batch except `live`, which its runner holds, and those of the
 * key that are past their time.
 */
export function removeGone(ctx: Ctx, { batch_id, key_id }: FollowerRow, live: readonly string[]) {
  return ctx.db.all(sql`
    DELETE FROM batch_followers WHERE (key_id = ${key_id} AND ends_at <= ${ctx.now})
      OR (batch_id = ${batch_id} AND id NOT IN (SELECT value FROM ${jsonEach(live)}))`)
}

/** Inserts a stream where its key holds fewer than `most`; returns its id if so. */
export function insertFollower(ctx: Ctx, { id, batch_id, key_id, ends_at }: FollowerRow, most: number) {
  return ctx.db.all<{ id: string }>(sql`
    INSERT INTO batch_followers (id, batch_id, key_id, ends_at)
    SELECT ${id}, ${batch_id}, ${key_id}, ${ends_at}
    WHERE (SELECT count(*) FROM batch_followers WHERE key_id = ${key_id}) < ${most}
    RETURNING id`)
}

/** Removes streams that have ended. */
export function removeFollowers(ctx: Ctx, ids: readonly string[]) {
  return ctx.db.all(sql`DELETE FROM batch_followers WHERE id IN (SELECT value FROM ${jsonEach(ids)})`)
}
