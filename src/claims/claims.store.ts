import { sql, type SQL } from '../db/sql.ts'
import type { Approval, Quorum } from '../approvals/approval.ts'
import { pageAsOfNow } from '../approvals/list.store.ts'
import { standingNow, statusNow } from '../approvals/states.store.ts'
import type { Status } from '../approvals/states.ts'
import { selectTotal } from '../approvals/tallies.store.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Reference, Statement } from '../db/open-db.ts'
import { behind, merged, type PageRequest } from '../db/page.ts'
import { claimKind } from './claim-kind.ts'
import type { claims } from './claims.table.ts'

/** What a claim asks for. `amount` is in minor units of `currency` (ISO 4217). */
export type ClaimFacts = Omit<typeof claims.$inferSelect, 'approval_id' | 'tenant_id'>

/** A claim: its facts and the state of its approval. */
export interface Claim
  extends
    ClaimFacts,
    Quorum,
    Pick<Approval, 'id' | 'status' | 'digest' | 'bulk_id' | 'decided_by' | 'decided_at' | 'comment' | 'version'>,
    Pick<Approval, 'created_at' | 'updated_at'> {
  claimant_id: string
  submitted_by: string
}

/** Which claims a list shows; every member that is set narrows it. */
export interface ClaimFilter {
  status?: Status
  claimantId?: string
  batchId?: string
  externalRef?: string
}

const claimColumns = (ctx: Ctx) => sql`
  a.id, a.requester_id AS claimant_id, coalesce(a.submitted_by, a.requester_id) AS submitted_by, ${standingNow(ctx)}, a.digest, a.bulk_id, a.comment, a.version,
  a.policy_version_id, a.votes_needed, a.votes_for,
  a.created_at, a.updated_at, c.description, c.amount, c.currency, c.expense_type, c.incurred_on, c.distance_km,
  c.receipt_url, c.external_ref`

/** Inserts the facts of claims whose approvals the same transaction opens. */
export function insertClaims(ctx: Ctx, claims: readonly (ClaimFacts & { id: string })[]): Statement {
  return ctx.db.all(sql`
    INSERT INTO claims (approval_id, tenant_id, description, amount, currency, expense_type, incurred_on, distance_km, receipt_url, external_ref)
    SELECT value ->> '$.id', ${ctx.actor.tenantId}, value ->> '$.description', value ->> '$.amount', value ->> '$.currency',
      value ->> '$.expense_type', value ->> '$.incurred_on', value ->> '$.distance_km', value ->> '$.receipt_url', value ->> '$.external_ref'
    FROM ${jsonEach(claims)}`)
}

/** One claim of the caller's tenant. */
export function selectClaim(ctx: Ctx, id: Reference) {
  return ctx.db.all<Claim>(sql`
    SELECT ${claimColumns(ctx)} FROM approvals a JOIN claims c ON c.approval_id = a.id
    WHERE a.id = ${id} AND a.tenant_id = ${ctx.actor.tenantId} AND a.kind = 'claim'`)
}

/** Which of these external references are taken, and by which claims. */
export function selectByExternalRef(ctx: Ctx, refs: readonly string[]) {
  return ctx.db.all<{ external_ref: string; claim_id: string }>(sql`
    SELECT external_ref, approval_id AS claim_id FROM claims
    WHERE tenant_id = ${ctx.actor.tenantId} AND external_ref IN (SELECT value FROM ${jsonEach(refs)})`)
}

function behindExternalRef(ctx: Ctx, ref: string): Reference {
  return sql`(SELECT approval_id FROM claims WHERE tenant_id = ${ctx.actor.tenantId} AND external_ref = ${ref})`
}

/** Newest first. Those of a batch are sorted, all others come in the order of an index. */
export function selectClaims(ctx: Ctx, filter: ClaimFilter, page: PageRequest) {
  const a = sql`a`
  const found = isFew(filter)
    ? merged([sql`SELECT a.* FROM approvals a WHERE ${narrowed(ctx, filter)} AND ${behind(page, a)}`], page)
    : pageAsOfNow(ctx, { kinds: [claimKind], status: filter.status, requesterId: filter.claimantId }, page)
  return ctx.db.all<Claim>(sql`
    SELECT ${claimColumns(ctx)} FROM ${found} a CROSS JOIN claims c
    WHERE c.approval_id = a.id ORDER BY a.created_at DESC, a.id DESC`)
}

/**
 * How many claims the list has: from the tallies, or by counting the claims of one batch (10,000 at most) or reference
 * (1).
 */
export function countClaims(ctx: Ctx, filter: ClaimFilter) {
  if (isFew(filter)) {
    return ctx.db.all<{ total: number | null }>(
      sql`SELECT count(*) AS total FROM approvals a WHERE ${narrowed(ctx, filter)}`,
    )
  }
  const of = filter.claimantId === undefined ? undefined : (`requester:${filter.claimantId}` as const)
  return selectTotal(ctx, { kinds: [claimKind], status: filter.status, of })
}

/** Whether the list is one batch's claims or those with one reference. */
function isFew({ batchId, externalRef }: ClaimFilter): boolean {
  return batchId !== undefined || externalRef !== undefined
}

function narrowed(ctx: Ctx, { status, claimantId, batchId, externalRef }: ClaimFilter): SQL {
  // The unary plus keeps a column out of the choice of index: a batch's claims are always found by it.
  // That index knows the tenant, so that another tenant's batch is not even looked at.
  const plus = externalRef === undefined ? sql`` : sql`+`
  return sql.join(
    [
      sql`${plus}a.tenant_id = ${ctx.actor.tenantId} AND +a.kind = 'claim'`,
      ...(externalRef === undefined ? [] : [sql`a.id = ${behindExternalRef(ctx, externalRef)}`]),
      ...(batchId === undefined ? [] : [sql`${plus}a.bulk_id = ${batchId}`]),
      ...(claimantId === undefined ? [] : [sql`+a.requester_id = ${claimantId}`]),
      ...(status === undefined ? [] : [sql`${statusNow(ctx)} = ${status}`]),
    ],
    sql` AND `,
  )
}

/** What there is of a claim beside the row `a` of `approvals`: see `Family`. */
export const claimFacts = sql`claims f`

/** What is asked for. */
export const factsOfClaim = sql`
  json_object('description', f.description, 'amount', f.amount, 'currency', f.currency, 'expense_type', f.expense_type,
    'incurred_on', f.incurred_on, 'distance_km', f.distance_km, 'receipt_url', f.receipt_url, 'external_ref', f.external_ref)`

/** What stands beside the title of a claim, for the row `a` of `approvals`. */
export const briefOfClaim = sql`SELECT json_object('amount', amount, 'currency', currency) FROM claims WHERE approval_id = a.id`

/** What a list over all families shows of a claim. */
export const shownOfClaim = sql`
  json_object('claim_id', f.approval_id, 'description', f.description, 'amount', f.amount, 'currency', f.currency,
    'expense_type', f.expense_type, 'external_ref', f.external_ref, 'submitted_by', coalesce(a.submitted_by, a.requester_id))`
