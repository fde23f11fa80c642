import { sql, type SQL } from '../db/sql.ts'
import type { Approval, Quorum } from '../approvals/approval.ts'
import { isOpened } from '../approvals/approvals.store.ts'
import { pageAsOfNow } from '../approvals/list.store.ts'
import { standingNow, statusNow } from '../approvals/states.store.ts'
import { marked, type Mark } from '../approvals/mark.store.ts'
import type { Status } from '../approvals/states.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Reference, Statement } from '../db/open-db.ts'
import { behind, newestFirst, type PageRequest } from '../db/page.ts'
import { addressEvents } from '../webhooks/addressees.store.ts'
import { resultKind } from './result-kind.ts'
import type { checkResults, results } from './results.table.ts'

/** What a result consists of, apart from its data. */
export type ResultFacts = Pick<
  typeof results.$inferSelect,
  'gate_id' | 'confidence' | 'external_ref' | 'queued_items'
> & {
  id: string
}

/** A result, and the state of its approval. */
export interface Result
  extends
    ResultFacts,
    Quorum,
    Pick<
      Approval,
      'digest' | 'requester_id' | 'due_at' | 'on_due' | 'decided_by' | 'decided_at' | 'comment' | 'version'
    > {
  status: Status
  created_at: number
}

/** What one check or rule said of a result. `details` is JSON text. */
export type CheckResult = Omit<
  typeof checkResults.$inferSelect,
  'tenant_id' | 'gate_id' | 'queued' | 'cleared_at' | 'passed'
> & { passed: 0 | 1; queued: 0 | 1; cleared_at: number | null }

/** Which items of the pending list; every member that is set narrows it. */
export interface PendingFilter {
  resultId?: string
  gateId?: string
  severity?: 'warning' | 'error'
}

const severities = ['warning', 'error'] as const

/** Inserts a result and what was said of it, if its approval was opened by this transaction. */
export function insertResult(ctx: Ctx, result: ResultFacts, data: string, items: readonly CheckResult[]): Statement[] {
  const opened = isOpened(result.id)
  return [
    ctx.db.all(sql`
      INSERT INTO results (approval_id, tenant_id, gate_id, data, confidence, external_ref, queued_items, created_at)
      SELECT id, tenant_id, ${result.gate_id}, ${data}, ${result.confidence}, ${result.external_ref}, ${result.queued_items},
        created_at FROM approvals WHERE id = ${result.id}`),
    ctx.db.all(sql`
      INSERT INTO check_results (id, tenant_id, result_id, gate_id, check_id, check_name, type, severity, passed, queued, details,
        position, created_at)
      SELECT value ->> '$.id', ${ctx.actor.tenantId}, ${result.id}, ${result.gate_id}, value ->> '$.check_id', value ->> '$.check_name',
        value ->> '$.type', value ->> '$.severity', value ->> '$.passed', value ->> '$.queued', value ->> '$.details',
        value ->> '$.position', ${ctx.now}
      FROM ${jsonEach(items)} WHERE ${opened}`),
  ]
}

/**
 * Sets off what the gates say of results that a decision, or a sweep, has just decided: once for each. A result's
 * approval is about its gate.
 */
export function setOff(ctx: Ctx, mark: Mark): Statement {
  return addressEvents(
    ctx,
    sql`SELECT a.tenant_id, a.id AS resource_id, a.kind || '.' || a.status AS event_type,
        iif(a.status = 'approved', g.on_approve, g.on_reject) ->> '$.endpoint_id' AS endpoint_id,
        json_object('gate_action', iif(a.status = 'approved', 'on_approve', 'on_reject')) AS members
      FROM approvals a CROSS JOIN gates g
      WHERE ${marked(mark, sql`a`)} AND a.status IN ('approved', 'rejected') AND g.id = a.subject_id`,
  )
}

/** The result of this id, or that of the item of this id. */
export function behindItem(ctx: Ctx, id: string): Reference {
  return sql`coalesce((SELECT result_id FROM check_results WHERE id = ${id} AND tenant_id = ${ctx.actor.tenantId}), ${id})`
}

/** One result. */
export function selectResult(ctx: Ctx, id: Reference) {
  return ctx.db.all<Result>(sql`SELECT ${columns(ctx)} FROM ${ofTenant(ctx, id)}`)
}

/** One result with its data, which is JSON text. */
export function selectResultWithData(ctx: Ctx, id: string) {
  return ctx.db.all<Result & { data: string }>(sql`SELECT ${columns(ctx)}, r.data FROM ${ofTenant(ctx, id)}`)
}

/** What each check and each rule said of a result, in their order. */
export function selectCheckResults(ctx: Ctx, id: string) {
  return ctx.db.all<CheckResult>(sql`
    SELECT id, result_id, check_id, check_name, type, severity, passed, queued, details, position, created_at, cleared_at
    FROM check_results WHERE result_id = ${id} AND tenant_id = ${ctx.actor.tenantId} ORDER BY position`)
}

/** Which results a list shows; every member that is set narrows it. */
export interface ResultFilter {
  status?: Status | undefined
  gateId?: string | undefined
  externalRef?: string | undefined
}

/** A result of a list; one that does not match the filter has been looked at, and is not shown. */
export type FoundResult = Result & { matches: 0 | 1 }

/**
 * A page of results, newest first. Of those that share a reference no more than a page is looked at, whatever else is
 * asked of them.
 */
export function selectResults(ctx: Ctx, filter: ResultFilter, page: PageRequest) {
  const { status, gateId, externalRef } = filter
  if (externalRef !== undefined) {
    const ofStatus = status === undefined ? sql`1` : sql`${statusNow(ctx)} = ${status}`
    const [r, id] = [sql`r`, sql`r.approval_id`]
    const matches = sql`${ofStatus} AND ${gateId === undefined ? sql`1` : sql`r.gate_id = ${gateId}`}`
    return ctx.db.all<FoundResult>(sql`
      SELECT ${columns(ctx)}, ${matches} AS matches FROM results r INDEXED BY results_by_external_ref CROSS JOIN approvals a
      WHERE r.tenant_id = ${ctx.actor.tenantId} AND r.external_ref = ${externalRef} AND a.id = r.approval_id
        AND ${behind(page, r, id)} ${newestFirst(page, r, id)}`)
  }
  const approvals = pageAsOfNow(ctx, { kinds: [resultKind], status, subjectId: gateId }, page)
  return ctx.db.all<FoundResult>(sql`
    SELECT ${columns(ctx)}, 1 AS matches FROM ${approvals} a CROSS JOIN results r
    WHERE r.approval_id = a.id ORDER BY a.created_at DESC, a.id DESC`)
}

/** Oldest first. Each index has the severity before the order: both are merged. */
export function selectPending(ctx: Ctx, { resultId, gateId, severity }: PendingFilter, { limit, after }: PageRequest) {
  // The unary plus keeps the partial indexes from a result's few checks, which are found by their key.
  const waits = sql.raw(
    resultId === undefined ? 'c.queued = 1 AND c.cleared_at IS NULL' : '+c.queued = 1 AND +c.cleared_at IS NULL',
  )
  const index = gateId === undefined ? sql`check_results_pending` : sql`check_results_pending_by_gate`
  const from = resultId === undefined ? sql`INDEXED BY ${index}` : sql``
  const parts = (severity === undefined ? severities : [severity]).map(
    (one) => sql`
      SELECT c.id, c.result_id, c.check_id, c.check_name, c.type, c.severity, c.passed, c.queued, c.details, c.position, c.created_at,
        c.cleared_at
      FROM check_results c ${from}
      WHERE ${waits} AND c.tenant_id = ${ctx.actor.tenantId} AND c.severity = ${one}
        AND ${resultId === undefined ? sql`1` : sql`c.result_id = ${resultId}`}
        AND ${gateId === undefined ? sql`1` : sql`c.gate_id = ${gateId}`}
        AND ${after ? sql`(c.created_at, c.id) > (${after.created_at}, ${after.id})` : sql`1`}`,
  )
  return ctx.db.all<CheckResult>(sql`${sql.join(parts, sql` UNION ALL `)} ORDER BY created_at, id LIMIT ${limit + 1}`)
}

const columns = (
  ctx: Ctx,
) => sql`a.id, ${standingNow(ctx)}, a.digest, a.requester_id, a.created_at, a.due_at, a.on_due, a.comment, a.version,
  a.policy_version_id, a.votes_needed, a.votes_for, r.gate_id, r.confidence, r.external_ref, r.queued_items`

function ofTenant(ctx: Ctx, id: Reference): SQL {
  return sql`approvals a JOIN results r ON r.approval_id = a.id WHERE a.id = ${id} AND a.tenant_id = ${ctx.actor.tenantId}`
}

/** What there is of a result beside the row `a` of `approvals`: see `Family`. */
export const resultFacts = sql`results f`

/** What is judged. */
export const factsOfResult = sql`
  json_object('gate_id', f.gate_id, 'data', f.data, 'confidence', f.confidence, 'external_ref', f.external_ref)`

/** What else a page shows of a result: its gate, and what it failed, where `details` are JSON text. */
export interface ResultBeside {
  gate: string | null
  failed: { name: string; severity: 'warning' | 'error'; details: string | null }[]
}

/** That of the row `a` of `approvals`, as one JSON object. */
export const besideResult = sql`
  SELECT json_object('gate', (SELECT name FROM gates WHERE id = r.gate_id),
    'failed', (SELECT json_group_array(json_object('name', check_name, 'severity', severity, 'details', details) ORDER BY position)
      FROM check_results c WHERE c.result_id = a.id AND c.tenant_id = a.tenant_id AND c.passed = 0))
  FROM results r WHERE r.approval_id = a.id`

/** What a list over all families shows of a result. */
export const shownOfResult = sql`
  json_object('gate_id', f.gate_id, 'confidence', f.confidence, 'external_ref', f.external_ref, 'queued_items', f.queued_items)`
