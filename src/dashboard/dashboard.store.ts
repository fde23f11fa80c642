import { sql, type SQL } from 'drizzle-orm'
import type { Kind, Status } from '../approvals/approval.ts'
import type { Ctx } from '../context.ts'
import { behind, newestFirst, type PageRequest } from '../db/page.ts'

/** Which approvals the dashboard shows; every member that is set narrows it. */
export interface DashboardFilter {
  kind?: Kind
  status?: Status
  customerId?: string
}

/** An approval of any family. `family` is a JSON object with the family's own members. */
export interface DashboardRow {
  id: string
  kind: Kind
  status: Status
  title: string
  requester: string
  created_at: number
  due_at: number | null
  on_due: 'expire' | 'approve' | 'reject' | null
  decided_at: number | null
  decided_by: string | null
  family: string
}

/** What each family shows of an approval: the one place that a further family adds itself to. */
const families: Record<Kind, SQL> = {
  claim: sql`SELECT json_object('claim_id', approval_id, 'description', description, 'amount', amount, 'currency', currency,
    'expense_type', expense_type, 'external_ref', external_ref, 'submitted_by', coalesce(a.submitted_by, a.requester_id))
    FROM claims WHERE approval_id = a.id`,
  change: sql`SELECT json_object('entity_type', entity_type, 'entity_id', entity_id, 'entity_name', entity_name, 'action', action)
    FROM changes WHERE approval_id = a.id`,
  intent: sql`SELECT json_object('approval_ref', i.approval_ref, 'instance_id', i.instance_id, 'customer_id', i.customer_id,
    'action', i.action, 'skill_slug', i.skill_slug, 'approver_role', i.approver_role, 'approver_person_id', i.approver_person_id,
    'rule_id', i.rule_id, 'notify_channel', i.notify_channel, 'reported_by', i.reported_by, 'outbox_id', o.id,
    'outbox_status', iif(o.status = 'open', 'pending', o.status),
    'outbox_attempt', o.attempt, 'outbox_error', o.error)
    FROM intents i LEFT JOIN outbox o ON o.approval_id = i.approval_id WHERE i.approval_id = a.id`,
  result: sql`SELECT json_object('gate_id', gate_id, 'confidence', confidence, 'external_ref', external_ref, 'queued_items', queued_items)
    FROM results WHERE approval_id = a.id`,
}

const family = sql`CASE a.kind ${sql.join(
  Object.entries(families).map(([kind, select]) => sql`WHEN ${sql.raw(`'${kind}'`)} THEN (${select})`),
  sql` `,
)} END`

const a = sql`a`

/**
 * A page of approvals of all families, newest first. Those that are past their due time count as expired although no
 * sweep has been by: they leave the pending ones, and join the expired ones.
 */
export function selectPage(ctx: Ctx, filter: DashboardFilter, page: PageRequest) {
  const overdue = sql`(a.on_due IS 'expire' AND a.due_at <= ${ctx.now})`
  if (filter.status === 'expired') {
    const found = (from: SQL, where: SQL) => sql`
      SELECT * FROM (SELECT a.* FROM approvals a ${from} WHERE ${where} AND ${behind(page, a)}
        ORDER BY a.created_at DESC, a.id DESC LIMIT ${page.offset + page.limit + 1})`
    const swept = found(sql.raw(`INDEXED BY ${indexFor(filter)}`), narrowed(ctx, filter))
    const unswept = found(
      sql`INDEXED BY approvals_due`,
      sql`a.status = 'pending' AND a.due_at IS NOT NULL AND ${overdue} AND ${narrowed(ctx, { ...filter, status: undefined })}`,
    )
    return rows(ctx, sql`(${swept} UNION ALL ${unswept}) a`, sql`1`, page)
  }
  const more = filter.status === 'pending' ? sql`NOT ${overdue}` : sql`1`
  const from = sql`approvals a ${sql.raw(`INDEXED BY ${indexFor(filter)}`)}`
  return rows(ctx, from, sql`${narrowed(ctx, filter)} AND ${more} AND ${behind(page, a)}`, page)
}

/** How many approvals the list has, as of the last sweep: from the tallies, one row a kind. */
export function countAll(ctx: Ctx, { kind, status, customerId }: DashboardFilter) {
  const kinds = customerId !== undefined ? ['intent'] : kind ? [kind] : ['claim', 'change', 'intent', 'result']
  const counted = status ? sql.identifier(status) : sql`pending + approved + rejected + withdrawn + expired`
  return ctx.db.all<{ total: number }>(sql`
    SELECT coalesce(sum(${counted}), 0) AS total FROM tallies
    WHERE tenant_id = ${ctx.actor.tenantId} AND kind IN (${sql.join(
      kinds.map((one) => sql`${one}`),
      sql`, `,
    )})
      AND facet = ${customerId === undefined ? '' : `subject:${customerId}`}`)
}

function rows(ctx: Ctx, from: SQL, where: SQL, page: PageRequest) {
  return ctx.db.all<DashboardRow>(sql`
    SELECT a.id, a.kind, a.status, a.title, a.requester_id AS requester, a.created_at, a.due_at, a.on_due, a.decided_at, a.decided_by,
      ${family} AS family
    FROM ${from} WHERE ${where} ${newestFirst(page, a)}`)
}

/** A customer's approvals are intents, whose subject the customer is. */
function narrowed(ctx: Ctx, { kind, status, customerId }: DashboardFilter): SQL {
  return sql.join(
    [
      sql`a.tenant_id = ${ctx.actor.tenantId}`,
      ...(customerId === undefined ? [] : [sql`a.subject_id = ${customerId}`, sql`+a.kind = 'intent'`]),
      ...(kind === undefined || customerId !== undefined ? [] : [sql`a.kind = ${kind}`]),
      ...(status === undefined ? [] : [sql`a.status = ${status}`]),
    ],
    sql` AND `,
  )
}

function indexFor({ kind, status, customerId }: DashboardFilter): string {
  if (customerId !== undefined) return status ? 'approvals_by_subject_status' : 'approvals_by_subject'
  if (kind !== undefined) return status ? 'approvals_by_status' : 'approvals_by_kind'
  return status ? 'approvals_by_tenant_status' : 'approvals_by_tenant'
}
