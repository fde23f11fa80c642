import { sql, type SQL } from '../db/sql.ts'
import { narrowed, pageAsOfNow } from '../approvals/list.store.ts'
import { marked, type Mark } from '../approvals/mark.store.ts'
import type { Opened } from '../approvals/open.ts'
import { boundTo, seesRestricted } from '../approvals/restricted.ts'
import { versionsSeenBy, visible } from '../approvals/restricted.store.ts'
import { statusNow } from '../approvals/states.store.ts'
import type { Status } from '../approvals/states.ts'
import { selectTotal } from '../approvals/tallies.store.ts'
import type { Ctx } from '../context.ts'
import type { Condition, Reference, Statement } from '../db/open-db.ts'
import { behind, merged, type PageRequest } from '../db/page.ts'
import { redeemBy } from './redemption.store.ts'
import type { Standard } from './standard.ts'
import type { requests } from './standard.table.ts'

type Stored = typeof requests.$inferSelect

/** What is asked for, beside its title. `details` and `subject` are JSON text. */
export type RequestFacts = Pick<Stored, 'summary' | 'details' | 'subject'> & { type: string }

/** A request as a list shows it: what is asked for, the state of its approval, and its redemption. */
export interface ListedRequest
  extends
    Omit<Opened, 'channel_confirms' | 'bulk_id'>,
    Omit<RequestFacts, 'details'>,
    Pick<Stored, 'external_ref' | 'ended' | 'ended_at' | 'ended_by' | 'end_comment'>,
    Pick<Stored, 'outcome' | 'error' | 'reported_at' | 'expires_at'> {
  /** Until when it may be redeemed, in milliseconds; null where it is not approved. */
  redeem_by: number | null
}

/** With what may be large, too. `state` is for the requester alone. */
export type Request = ListedRequest & Pick<Stored, 'details' | 'result' | 'state' | 'approved_details'>

/** Which requests a list shows; every member that is set narrows it. */
export interface RequestFilter {
  status?: Status | undefined
  type?: string | undefined
  requesterId?: string | undefined
  subject?: { type: string; id: string } | undefined
  externalRef?: string | undefined
}

const listed = sql`a.id, a.type, a.title, a.requester_id, a.submitted_by, a.status, a.created_at, a.updated_at, a.due_at, a.on_due,
  a.revision, a.version, a.digest, a.restricted, a.decided_by, a.decided_at, a.comment, r.summary, r.subject, r.external_ref,
  iif(a.status = 'approved', ${redeemBy}, NULL) AS redeem_by, r.ended, r.ended_at, r.ended_by, r.end_comment, r.outcome, r.error, r.reported_at, r.expires_at,
  a.policy_version_id, a.votes_needed, a.votes_for, a.approved_digest`

/** Inserts what is asked for; the same transaction opens its approval. */
export function insertRequest(ctx: Ctx, request: Request, redeemWithin: number): Statement {
  const { id, summary, details, subject, external_ref, state, expires_at } = request
  return ctx.db.all(sql`
    INSERT INTO requests (approval_id, tenant_id, summary, details, subject, external_ref, ref_scope, state, redeem_within, expires_at)
    VALUES (${id}, ${ctx.actor.tenantId}, ${summary}, ${details}, ${subject}, ${external_ref}, ${scopeOf(request)},
      ${state}, ${redeemWithin}, ${expires_at})`)
}

/** Whose references that of a request has to differ from: the tenant's; of what is restricted, its requester's own. */
function scopeOf({ restricted, requester_id }: Referring): string {
  return restricted ? requester_id : ''
}

type Referring = Pick<Request, 'id' | 'external_ref' | 'restricted' | 'requester_id'>

/** Keeps what is asked instead, if this transaction has amended the question. */
export function updateFacts(ctx: Ctx, { summary, details, subject }: RequestFacts, mark: Mark): Statement {
  return ctx.db.all(sql`
    UPDATE requests SET summary = ${summary}, details = ${details}, subject = ${subject},
      ref_scope = (SELECT iif(a.restricted, a.requester_id, '') FROM approvals a WHERE a.id = approval_id)
    WHERE approval_id = (SELECT id FROM approvals WHERE ${marked(mark)})`)
}

/** Whether the `approvals` row of the surrounding statement is at this version. */
export function isAtVersion(version: number): Condition {
  return sql`approvals.version = ${version}`
}

/** One request of a kind that the caller sees. */
export function selectRequest(ctx: Ctx, of: Standard, id: Reference) {
  return ctx.db.all<Request>(sql`
    SELECT ${listed}, r.details, r.result, r.state, r.approved_details FROM approvals a JOIN requests r ON r.approval_id = a.id
    WHERE a.id = ${id} AND a.tenant_id = ${ctx.actor.tenantId} AND a.kind = ${of.kind}
      AND ${visible(ctx, of, sql`a`)}`)
}

/** The id of the other request that has the reference of this one already, if the caller sees it. */
export function selectByExternalRef(ctx: Ctx, of: Standard, request: Referring) {
  return ctx.db.all<{ external_ref: string; request_id: string }>(sql`
    SELECT r.external_ref, a.id AS request_id FROM requests r CROSS JOIN approvals a
    WHERE r.tenant_id = ${ctx.actor.tenantId} AND r.external_ref = ${request.external_ref} AND r.ref_scope = ${scopeOf(request)}
      AND r.approval_id <> ${request.id} AND a.id = r.approval_id AND a.kind = ${of.kind} AND ${visible(ctx, of, sql`a`)}`)
}

/** Newest first, as of now. */
export function selectRequests(ctx: Ctx, of: Standard, filter: RequestFilter, page: PageRequest) {
  return ctx.db.all<ListedRequest>(sql`
    SELECT ${listed} FROM ${found(ctx, of, filter, page)} a CROSS JOIN requests r
    WHERE r.approval_id = a.id ORDER BY a.created_at DESC, a.id DESC`)
}

/**
 * Few have one reference, so those are looked through: but none that the caller does not see because it is restricted.
 */
function found(ctx: Ctx, of: Standard, asked: RequestFilter, page: PageRequest): SQL {
  const { status, type, requesterId, subject, externalRef } = asked
  const kinds = [of] as const
  const { tenantId, userId } = ctx.actor
  const filter = { kinds, requesterId, type, subjectType: subject?.type, subjectId: subject?.id }
  if (externalRef === undefined) return pageAsOfNow(ctx, { ...filter, status }, page)
  const asOfNow = statusNow(ctx)
  const rest = sql`${narrowed(ctx, filter)} AND ${asOfNow} = ${status ?? asOfNow} AND ${behind(page, sql`a`)}`
  const named = (scopes: SQL) => sql`
    SELECT a.* FROM requests r CROSS JOIN approvals a
    WHERE r.tenant_id = ${tenantId} AND r.external_ref = ${externalRef} AND ${scopes} AND a.id = r.approval_id AND ${rest}`
  if (boundTo(ctx.actor) === null && seesRestricted(ctx.actor, of)) return merged([named(sql`1`)], page)
  const sentForOthers = sql`
    SELECT a.* FROM approvals a INDEXED BY approvals_restricted_by_sender CROSS JOIN requests r
    WHERE a.restricted = 1 AND a.kind = ${of.kind} AND a.submitted_by = ${userId}
      AND r.approval_id = a.id AND r.external_ref = ${externalRef} AND ${rest}`
  // Where there is no such version the tenant is NULL, and nothing is read.
  const versions = versionsSeenBy(ctx, of.kind)
  const votedOn = sql`
    SELECT a.* FROM requests r CROSS JOIN approvals a
    WHERE r.tenant_id = (SELECT ${tenantId} FROM (${versions}) LIMIT 1) AND r.external_ref = ${externalRef} AND r.ref_scope NOT IN ('', ${userId})
      AND a.id = r.approval_id AND a.policy_version_id IN (${versions}) AND a.submitted_by IS NOT ${userId} AND ${rest}`
  return merged([named(sql`r.ref_scope = ''`), named(sql`r.ref_scope = ${userId}`), sentForOthers, votedOn], page)
}

/** How many requests there are in all, or of a status. */
export function countRequests(ctx: Ctx, of: Standard, status: Status | undefined) {
  return selectTotal(ctx, { kinds: [of], status })
}

/** What there is of a request beside the row `a` of `approvals`: see `Family`. */
export const requestFacts = sql`requests f`

/** What is asked for. */
export const factsOfRequest = sql`
  json_object('type', a.type, 'summary', f.summary, 'details', f.details, 'subject', f.subject)`

/** Where its requester goes on, for the row `a` of `approvals`. */
export const stateOfRequest = sql`SELECT json_object('state', state) FROM requests WHERE approval_id = a.id`

/** What a page shows of a request beside what is asked: what was approved instead. For the row `a` of `approvals`. */
export const besideRequest = sql`SELECT json_object('approved_details', approved_details) FROM requests WHERE approval_id = a.id`

/** What a list over all families shows of a request. */
export const shownOfRequest = sql`
  json_object('type', a.type, 'summary', f.summary, 'subject', json(f.subject), 'external_ref', f.external_ref)`
