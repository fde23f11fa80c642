import { sql, type SQL } from '../db/sql.ts'
import { userName } from '../access/access.store.ts'
import type { Approval, Quorum, Vote } from '../approvals/approval.ts'
import { isOpened } from '../approvals/approvals.store.ts'
import { pageAsOfNow } from '../approvals/list.store.ts'
import { standingNow } from '../approvals/states.store.ts'
import { marked, type Mark } from '../approvals/mark.store.ts'
import type { Status } from '../approvals/states.ts'
import type { Ctx } from '../context.ts'
import { isOneOfTags } from '../db/json.ts'
import type { Condition, Reference, Statement } from '../db/open-db.ts'
import { carried, type PageRequest } from '../db/page.ts'
import { changeKind } from './change-kind.ts'
import type { changes } from './changes.table.ts'

export type ChangeAction = (typeof changes.$inferSelect)['action']

/** What somebody asks for. `payload` is JSON text, kept as it was sent. */
export interface ChangeFacts extends Pick<
  typeof changes.$inferSelect,
  'entity_type' | 'entity_id' | 'entity_name' | 'action' | 'payload'
> {
  id: string
}

/** A change request: what is asked for, and the state of its approval. */
export interface Change
  extends
    ChangeFacts,
    Quorum,
    Pick<typeof changes.$inferSelect, 'requester_name'>,
    Pick<Approval, 'requester_id' | 'status' | 'digest' | 'created_at' | 'decided_by' | 'decided_at' | 'comment'> {
  approval_version: number
}

/**
 * A change request beside what is stored now, as long as it is pending: `latest` counts deletions too, `version` is
 * null where nothing is stored.
 */
export interface ChangeInView extends Change, Pick<typeof changes.$inferSelect, 'applies' | 'base_version'> {
  latest: number | null
  version: number | null
  preview: string | null
  made_version: number | null
  decider_name: string | null
}

/** Which requests a list shows; every member that is set narrows it. */
export interface ChangeFilter {
  status?: Status
  entityType?: string
  entityId?: string
  requesterId?: string
}

const latestOf = (c: SQL) =>
  sql`coalesce((SELECT max(v.version) FROM entity_versions v
    WHERE v.tenant_id = ${c}.tenant_id AND v.entity_type = ${c}.entity_type AND v.entity_id = ${c}.entity_id), 0)`

const stored = (column: 'version' | 'data') =>
  sql`(SELECT e.${sql.raw(column)} FROM entities e
    WHERE e.tenant_id = c.tenant_id AND e.entity_type = c.entity_type AND e.entity_id = c.entity_id)`

const columns = (
  ctx: Ctx,
) => sql`a.id, c.entity_type, c.entity_id, c.entity_name, c.action, c.requester_name, a.requester_id,
  ${standingNow(ctx)}, a.digest, a.created_at, a.comment, a.version AS approval_version, a.policy_version_id, a.votes_needed, a.votes_for`

/** Whether the entity is there as the action needs it: absent for `create`, present for `update` and `delete`. */
export function isThere(ctx: Ctx, { entity_type, entity_id, action }: ChangeFacts): Condition {
  const there = sql`EXISTS (SELECT 1 FROM entities
    WHERE tenant_id = ${ctx.actor.tenantId} AND entity_type = ${entity_type} AND entity_id = ${entity_id})`
  return action === 'create' ? sql`NOT ${there}` : there
}

/** Inserts what is asked for, if its approval was opened; the base version is read in the same transaction. */
export function insertChange(ctx: Ctx, change: ChangeFacts, applies: boolean): Statement {
  return ctx.db.all(sql`
    INSERT INTO changes (approval_id, tenant_id, entity_type, entity_id, entity_name, action, payload, requester_name, base_version, applies)
    SELECT c.approval_id, c.tenant_id, c.entity_type, c.entity_id, ${change.entity_name}, ${change.action}, json(${change.payload}),
      ${ctx.actor.name}, ${latestOf(sql`c`)}, ${applies ? 1 : 0}
    FROM (SELECT ${change.id} AS approval_id, ${ctx.actor.tenantId} AS tenant_id, ${change.entity_type} AS entity_type,
      ${change.entity_id} AS entity_id) AS c
    WHERE ${isOpened(change.id)}`)
}

/** How large an entity may become, in bytes of UTF-8: what can be set can be grown to, and no further. */
export const largestEntity = 256 * 1024

/**
 * Under which a vote may take effect on what is stored now: the caller has seen the present state (`ifMatch`), or it is
 * the one on which the change was made; the entity is there as the action needs it, will be an object, and not too
 * large. A rejection changes nothing and needs none of that, but keeps to an `ifMatch`.
 */
export function fits(vote: Vote, ifMatch: readonly string[] | null): Condition {
  const latest = sql`coalesce(e.version, ${latestOf(sql`c`)})`
  const seen = ifMatch
    ? isOneOfTags(sql`approvals.version || '-' || ${latest}`, ifMatch)
    : sql`(${vote} = 'reject' OR c.applies = 0 OR ${latest} = c.base_version)`
  return sql`EXISTS (
    SELECT 1 FROM changes c
      LEFT JOIN entities e ON e.tenant_id = c.tenant_id AND e.entity_type = c.entity_type AND e.entity_id = c.entity_id
    WHERE c.approval_id = approvals.id AND ${seen}
      AND (${vote} = 'reject' OR c.applies = 0 OR c.action = 'delete' OR json_type(c.payload) = 'object')
      AND (${vote} = 'reject' OR c.applies = 0 OR c.action <> 'update'
        OR length(CAST(json_patch(e.data, c.payload) AS BLOB)) <= ${largestEntity})
      AND (${vote} = 'reject' OR c.applies = 0 OR (c.action = 'create') = (e.version IS NULL)))`
}

/**
 * Applies an approved change, if this decision has approved it: a new version (JSON Merge Patch, RFC 7396, by SQLite's
 * own `json_patch`), as of which the entity then is.
 */
export function applyChange(ctx: Ctx, mark: Mark): Statement {
  return ctx.db.all(sql`
    INSERT INTO entity_versions (tenant_id, entity_type, entity_id, version, action, entity_name, data, requested_by, approved_by,
      approval_id, write_id, created_at)
    SELECT c.tenant_id, c.entity_type, c.entity_id, coalesce(e.version, ${latestOf(sql`c`)}) + 1, c.action, c.entity_name,
      CASE c.action WHEN 'create' THEN iif(e.version IS NULL, c.payload, NULL) WHEN 'update' THEN json_patch(e.data, c.payload) END,
      a.requester_id, a.decided_by, a.id, a.decision_id, ${ctx.now}
    FROM approvals a JOIN changes c ON c.approval_id = a.id
      LEFT JOIN entities e ON e.tenant_id = c.tenant_id AND e.entity_type = c.entity_type AND e.entity_id = c.entity_id
    WHERE ${marked(mark, sql`a`)} AND a.status = 'approved' AND c.applies = 1`)
}

/** One request of the caller's tenant beside what is stored now. */
export function selectChange(ctx: Ctx, id: Reference) {
  return ctx.db.all<ChangeInView>(sql`
    SELECT ${columns(ctx)}, c.payload, c.applies, c.base_version,
      CASE WHEN a.status = 'pending' THEN ${latestOf(sql`c`)} END AS latest,
      CASE WHEN a.status = 'pending' THEN ${stored('version')} END AS version,
      CASE WHEN a.status = 'pending' AND c.applies = 1 THEN
        CASE c.action WHEN 'create' THEN c.payload WHEN 'update' THEN json_patch(${stored('data')}, c.payload) END
      END AS preview,
      (SELECT version FROM entity_versions WHERE write_id = a.decision_id) AS made_version,
      ${userName(sql`a.tenant_id`, sql`a.decided_by`)} AS decider_name
    FROM approvals a JOIN changes c ON c.approval_id = a.id
    WHERE a.id = ${id} AND a.tenant_id = ${ctx.actor.tenantId} AND a.kind = 'change'`)
}

/** Newest first. */
export function selectChanges(ctx: Ctx, filter: ChangeFilter, page: PageRequest) {
  const { status, entityType, entityId, requesterId } = filter
  const narrowing = { kinds: [changeKind] as const, status, subjectType: entityType, subjectId: entityId, requesterId }
  const found = (part: PageRequest) => sql`FROM ${pageAsOfNow(ctx, narrowing, part)} a`
  return ctx.db.all<Change>(sql`
    SELECT ${columns(ctx)}, ${carried(sql`c.payload`, page, sql`a.id`, found)} AS payload
    ${found(page)} CROSS JOIN changes c WHERE c.approval_id = a.id ORDER BY a.created_at DESC, a.id DESC`)
}

/** What there is of a change beside the row `a` of `approvals`: see `Family`. */
export const changeFacts = sql`changes f`

/** What a list over all families shows of a change. */
export const shownOfChange = sql`
  json_object('entity_type', f.entity_type, 'entity_id', f.entity_id, 'entity_name', f.entity_name, 'action', f.action)`

/** What is asked for. */
export const factsOfChange = sql`
  json_object('entity_type', f.entity_type, 'entity_id', f.entity_id, 'entity_name', f.entity_name, 'action', f.action, 'payload', f.payload)`

/** What is stored beside a change, as long as it is pending, and what would be: JSON as text. */
export type ChangeBeside = Pick<ChangeInView, 'applies' | 'base_version' | 'latest' | 'preview'> & {
  before: string | null
}

/** That of the row `a` of `approvals`, as one JSON object. */
export const besideChange = sql`
  SELECT json_object('applies', c.applies, 'base_version', c.base_version,
    'latest', iif(a.status = 'pending', ${latestOf(sql`c`)}, NULL),
    'before', iif(a.status = 'pending' AND c.applies = 1, ${stored('data')}, NULL),
    'preview', iif(a.status = 'pending' AND c.applies = 1,
      CASE c.action WHEN 'create' THEN c.payload WHEN 'update' THEN json_patch(${stored('data')}, c.payload) END || '', NULL))
  FROM changes c WHERE c.approval_id = a.id`

/**
 * What the entity tag of a pending change has besides its own version, for the row `a` of `approvals`: see `changeTag`.
 */
export const seenOfEntity = sql`
  iif(a.status = 'pending', (SELECT '-' || ${latestOf(sql`c`)} FROM changes c WHERE c.approval_id = a.id), NULL)`
