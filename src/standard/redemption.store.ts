import { isoTime } from '../db/iso.ts'
import { sql, type SQL } from '../db/sql.ts'
import { touch } from '../approvals/approvals.store.ts'
import { recordFound } from '../approvals/history.store.ts'
import { marked, type Mark } from '../approvals/mark.store.ts'
import { visible } from '../approvals/restricted.store.ts'
import { hasApproved } from '../approvals/votes.store.ts'
import type { Ctx } from '../context.ts'
import { isOneOfTags, jsonEach } from '../db/json.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import { newId } from '../ids.ts'
import { mayRedeem, mayRevoke, type Standard } from './standard.ts'

/** Begins the time within which a request may be redeemed, if this decision has approved it. */
export function openRedemption(ctx: Ctx, mark: Mark): Statement {
  return ctx.db.all(sql`
    INSERT INTO open_redemptions (redeem_by, approval_id)
    SELECT ${redeemBy}, a.id FROM approvals a CROSS JOIN requests
    WHERE ${marked(mark, sql`a`)} AND a.status = 'approved' AND approval_id = a.id`)
}

/** Keeps the details that were approved, if this decision has approved others than were asked for. */
export function keepApproved(ctx: Ctx, mark: Mark, details: string | null): Statement {
  return ctx.db.all(sql`
    UPDATE requests SET approved_details = ${details}
    WHERE approval_id = (SELECT id FROM approvals WHERE ${marked(mark)} AND status = 'approved')`)
}

/** Until when the row of `requests` may be redeemed, whose approval is the row `a` of `approvals`. */
export const redeemBy = sql`a.decided_at + redeem_within`

/** Redeems what was approved, once, where this is its digest and the actor may. */
export function redeem(ctx: Ctx, of: Standard, id: string, digest: string) {
  const may = mayRedeem(ctx.actor) ? sql`1` : sql`a.requester_id = ${ctx.actor.userId}`
  const isIt = sql`coalesce(a.approved_digest, a.digest) = ${digest}`
  const where = open(ctx, of, sql`${isIt} AND ${may}`)
  return end(ctx, [id], `${of.kind}.redeemed`, { set: ended(ctx, 'redeemed', null), where, data: sql`'{}'` })
}

/**
 * Takes an approval back that is not redeemed, where the actor has asked for it or may decide it, and it is at one of
 * these versions.
 */
export function revoke(ctx: Ctx, of: Standard, id: string, comment: string, ifMatch: readonly string[] | null) {
  const isSeen = ifMatch ? isOneOfTags(sql`CAST(a.version AS TEXT)`, ifMatch) : sql`1`
  const where = open(ctx, of, sql`${mayTakeBack(ctx, of)} AND ${isSeen}`)
  const data = sql`json_object('comment', end_comment)`
  return end(ctx, [id], `${of.kind}.revoked`, { set: ended(ctx, 'revoked', comment), where, data })
}

/** Who has asked; and who may decide it, or where a policy holds, who has said yes. */
function mayTakeBack(ctx: Ctx, of: Standard): Condition {
  const byKind = mayRevoke(of, ctx.actor) ? sql`a.policy_version_id IS NULL` : sql`0`
  return sql`(a.requester_id = ${ctx.actor.userId} OR ${byKind} OR (a.policy_version_id IS NOT NULL AND ${hasApproved(ctx)}))`
}

/** What whoever redeemed it says of how it went. `result` is JSON text. */
export interface Report {
  outcome: 'succeeded' | 'failed'
  result: string | null
  error: string | null
}

/** Keeps the report of whoever redeemed it, once. */
export function report(ctx: Ctx, of: Standard, id: string, { outcome, result, error }: Report) {
  const set = sql`outcome = ${outcome}, result = ${result}, error = ${error}, reported_at = ${ctx.now}`
  const where = sql`ended = 'redeemed' AND ended_by = ${ctx.actor.userId} AND outcome IS NULL AND ${approved(ctx, of, sql`1`)}`
  return settle(ctx, [id], `${of.kind}.executed`, {
    set,
    where,
    data: sql`json_object('outcome', outcome, 'error', error)`,
  })
}

/** Up to `limit` requests of a kind that nobody has redeemed in time. */
export function selectUnredeemed(ctx: Ctx, of: Standard, limit: number) {
  return ctx.db.all<{ id: string }>(sql`
    SELECT approval_id AS id FROM open_redemptions
    WHERE redeem_by <= ${ctx.now} AND EXISTS (SELECT 1 FROM approvals WHERE id = approval_id AND kind = ${of.kind}) LIMIT ${limit}`)
}

/** Lapses requests, those of them that are still not redeemed: at the time until which they could be. */
export function lapse(ctx: Ctx, of: Standard, ids: readonly string[]) {
  const by = sql`(SELECT ${redeemBy} FROM approvals a WHERE a.id = approval_id)`
  const set = sql`ended = 'lapsed', ended_at = ${by}, ended_by = ${ctx.actor.userId}`
  const where = sql`ended IS NULL AND ${by} <= ${ctx.now}`
  return end(ctx, ids, `${of.kind}.lapsed`, {
    set,
    where,
    data: sql`json_object('redeem_by', ${isoTime(sql`ended_at`)})`,
  })
}

function ended(ctx: Ctx, how: string, comment: string | null): SQL {
  return sql`ended = ${how}, ended_at = ${ctx.now}, ended_by = ${ctx.actor.userId}, end_comment = ${comment}`
}

/** Whether the row of `requests` may still be redeemed or revoked, where the actor may do that. */
function open(ctx: Ctx, of: Standard, may: Condition): Condition {
  return sql`ended IS NULL AND ${approved(ctx, of, sql`${redeemBy} > ${ctx.now} AND ${may}`)}`
}

function approved(ctx: Ctx, of: Standard, may: Condition): Condition {
  return sql`EXISTS (SELECT 1 FROM approvals a
    WHERE a.id = approval_id AND a.tenant_id = ${ctx.actor.tenantId} AND a.kind = ${of.kind} AND a.status = 'approved'
      AND ${visible(ctx, of, sql`a`)} AND ${may})`
}

/** Ends redemptions: writes how, and that they are not open any more. */
function end(ctx: Ctx, ids: readonly string[], type: string, what: Settled) {
  const mark = writeMark(ids)
  const closed = ctx.db.all(sql`
    DELETE FROM open_redemptions WHERE (redeem_by, approval_id) IN (
      SELECT ${redeemBy}, a.id FROM requests CROSS JOIN approvals a WHERE ${mark.written} AND a.id = approval_id)`)
  return { ...settle(ctx, ids, type, what, mark), closed }
}

/** What becomes of a request after its approval, where, and what the history says of it. */
type Settled = Record<'set' | 'where' | 'data', SQL>

/** By what the rows of a write are known to the further statements of its transaction. */
function writeMark(ids: readonly string[]) {
  const writeId = newId('wrt')
  const [one] = ids
  const among = ids.length === 1 ? sql`approval_id = ${one}` : sql`approval_id IN (SELECT value FROM ${jsonEach(ids)})`
  return { writeId, among, written: sql`${among} AND write_id = ${writeId}` }
}

/** Writes what becomes of requests after their approval. `settled` returns a row for each where it did. */
function settle(
  ctx: Ctx,
  ids: readonly string[],
  type: string,
  { set, where, data }: Settled,
  { writeId, among, written } = writeMark(ids),
) {
  return {
    settled: ctx.db.all<{ settled: 1 }>(sql`
      UPDATE requests SET ${set}, write_id = ${writeId} WHERE ${among} AND ${where} RETURNING 1 AS settled`),
    touched: touch(ctx, sql`SELECT approval_id FROM requests WHERE ${written}`),
    events: recordFound(
      ctx,
      sql`SELECT tenant_id, ${type} AS type, approval_id AS resource_id, 'approved' AS from_status, 'approved' AS to_status, ${data} AS data
        FROM requests WHERE ${written}`,
      ids.length,
    ),
    isDone: sql`EXISTS (SELECT 1 FROM requests WHERE ${written})`,
  }
}

/** What the entity tag of a request has besides its version, for the row `a` of `approvals` and its facts. */
export const lapsedTag = (now: number) => sql`
  iif(a.status = 'approved' AND coalesce(f.ended = 'lapsed', a.decided_at + f.redeem_within <= ${now}), '-lapsed', NULL)`

/** Of the row `a` of `approvals`: whether it has been revoked or has lapsed, as of `now`. */
export const aftermath = (now: number) => sql`
  SELECT json_object('became', coalesce(ended, 'lapsed'), 'at', coalesce(ended_at, ${redeemBy}), 'reason', end_comment)
  FROM requests WHERE approval_id = a.id AND coalesce(ended <> 'redeemed', ${redeemBy} <= ${now})`
