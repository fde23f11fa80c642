import { sql, type SQL } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import { jsonEach } from '../db/json.ts'
import type { Condition, Fragment, Statement } from '../db/open-db.ts'
import { behind, carried, newestFirst, type PageRequest } from '../db/page.ts'
import { areEndpoints } from '../webhooks/addressees.store.ts'
import { changed, type Check } from './checks.store.ts'
import type { gateRules, gates } from './gates.table.ts'

/** A rule of a gate as stored. `config` is JSON text. */
export type Rule = Omit<typeof gateRules.$inferSelect, 'tenant_id'>

/** A gate as stored. `check_ids`, `on_approve` and `on_reject` are JSON text. */
export type StoredGate = Omit<typeof gates.$inferSelect, 'tenant_id' | 'deleted_at'>

/** A gate with its rules, which are a JSON array. */
export type Gate = StoredGate & { rules: string }

/** The members of a gate that can be changed; undefined ones stay. */
export type GateChange = Partial<Omit<StoredGate, 'id' | 'created_at' | 'updated_at'>>

const g = sql`g`
const columns = sql`g.id, g.name, g.description, g.check_ids, g.on_approve, g.on_reject, g.auto_approve_after_hours, g.queue_warnings,
  g.is_active, g.created_at, g.updated_at`
const ruleColumns = sql`id, gate_id, type, config, created_at, updated_at`
const rulesOf = sql`(
  SELECT json_group_array(json_object('id', r.id, 'type', r.type, 'config', json(r.config), 'created_at', r.created_at,
    'updated_at', r.updated_at) ORDER BY r.created_at, r.id)
  FROM gate_rules r WHERE r.gate_id = g.id)`

/** How large the configs of a gate's checks may be together, in bytes, whether the checks are active or not. */
export const largestConfigs = 256 * 1024

/**
 * Everything a gate refers to must exist: its checks, which together must not be too large, and the endpoints of its
 * actions. A condition in the statement, not a look beforehand, so that nothing can change in between.
 */
export function refersToKnown(ctx: Ctx, checkIds: readonly string[], endpointIds: readonly string[]): Condition {
  return sql`(
    (SELECT count(*) = ${checkIds.length} AND coalesce(sum(octet_length(c.config)), 0) <= ${largestConfigs}
      FROM ${jsonEach(checkIds)} CROSS JOIN checks c
      WHERE c.id = value AND c.tenant_id = ${ctx.actor.tenantId} AND c.deleted_at IS NULL)
    AND ${areEndpoints(ctx, endpointIds)})`
}

/** The gates that report decisions to an endpoint. */
export function gatesThatName(tenantId: string, endpointId: string): Fragment {
  return sql`SELECT g.id FROM gates g WHERE g.tenant_id = ${tenantId} AND g.deleted_at IS NULL
    AND ${endpointId} IN (g.on_approve ->> '$.endpoint_id', g.on_reject ->> '$.endpoint_id')`
}

/**
 * Whether the check of the surrounding `checks` row may have a config of so many bytes: whether all of its gates still
 * fit.
 */
export function fitsGates(ctx: Ctx, checkId: string, bytes: number): Condition {
  return sql`(octet_length(checks.config) >= ${bytes} OR NOT EXISTS (${overgrownBy(ctx, checkId, bytes)}))`
}

/** A gate that would be too large if this check's config had so many bytes, and its size then. */
export function selectOvergrown(ctx: Ctx, checkId: string, bytes: number) {
  return ctx.db.all<{ id: string; bytes: number }>(overgrownBy(ctx, checkId, bytes))
}

function overgrownBy(ctx: Ctx, checkId: string, bytes: number): SQL {
  return sql`
    SELECT id, bytes FROM (
      SELECT g.id, (SELECT sum(iif(c.id = ${checkId}, ${bytes}, octet_length(c.config)))
        FROM json_each(g.check_ids) CROSS JOIN checks c WHERE c.id = value) AS bytes
      FROM gates g
      WHERE g.tenant_id = ${ctx.actor.tenantId} AND g.deleted_at IS NULL AND instr(g.check_ids, json_quote(${checkId})))
    WHERE bytes > ${largestConfigs} LIMIT 1`
}

/** Inserts a gate, where the condition holds, and then its rules. */
export function insertGate(ctx: Ctx, gate: StoredGate, rules: readonly Rule[], condition: Condition): Statement[] {
  return [
    ctx.db.all(sql`
      INSERT INTO gates (id, tenant_id, name, description, check_ids, on_approve, on_reject, auto_approve_after_hours, queue_warnings,
        is_active, created_at, updated_at)
      SELECT ${gate.id}, ${ctx.actor.tenantId}, ${gate.name}, ${gate.description}, ${gate.check_ids}, ${gate.on_approve}, ${gate.on_reject},
        ${gate.auto_approve_after_hours}, ${gate.queue_warnings}, ${gate.is_active}, ${gate.created_at}, ${gate.updated_at}
      WHERE ${condition}`),
    insertRules(ctx, gate.id, rules, rules.length),
  ]
}

/** Adds rules to a gate that exists, if it then has at most `most`. */
export function insertRules(ctx: Ctx, gateId: string, rules: readonly Rule[], most: number): Statement {
  return ctx.db.all(sql`
    INSERT INTO gate_rules (id, tenant_id, gate_id, type, config, created_at, updated_at)
    SELECT value ->> '$.id', ${ctx.actor.tenantId}, ${gateId}, value ->> '$.type', value ->> '$.config', ${ctx.now}, ${ctx.now}
    FROM ${jsonEach(rules)}
    WHERE EXISTS (SELECT 1 FROM gates WHERE ${own(ctx, gateId)})
      AND (SELECT count(*) FROM gate_rules WHERE gate_id = ${gateId}) + ${rules.length} <= ${most}`)
}

/** Whether a gate of this id has been stored. */
export function isGateStored(id: string): Condition {
  return sql`EXISTS (SELECT 1 FROM gates WHERE id = ${id})`
}

/** Whether a rule of this id has been stored. */
export function isRuleStored(id: string): Condition {
  return sql`EXISTS (SELECT 1 FROM gate_rules WHERE id = ${id})`
}

/** Changes a gate that exists, if the condition holds. Returns a row if it did. */
export function updateGate(ctx: Ctx, id: string, change: GateChange, condition: Condition) {
  return ctx.db.all<{ id: string }>(sql`
    UPDATE gates SET ${changed(change)}, updated_at = ${ctx.now} WHERE ${own(ctx, id)} AND ${condition} RETURNING id`)
}

/** Deletes a gate as far as anyone can see; its row stays for the results that wait at it. */
export function removeGate(ctx: Ctx, id: string) {
  return ctx.db.all<{ id: string }>(sql`
    UPDATE gates SET deleted_at = ${ctx.now}, updated_at = ${ctx.now} WHERE ${own(ctx, id)} RETURNING id`)
}

/** One gate with its rules. */
export function selectGate(ctx: Ctx, id: string) {
  return ctx.db.all<Gate>(sql`
    SELECT ${columns}, ${rulesOf} AS rules FROM gates g WHERE g.id = ${id} AND g.tenant_id = ${ctx.actor.tenantId} AND g.deleted_at IS NULL`)
}

/** Newest first. */
export function selectGates(ctx: Ctx, page: PageRequest) {
  const list = (part: PageRequest) => sql`
    FROM gates g
    WHERE g.tenant_id = ${ctx.actor.tenantId} AND g.deleted_at IS NULL AND ${behind(page, g)} ${newestFirst(part, g)}`
  const bytes = sql`(SELECT sum(octet_length(r.config)) FROM gate_rules r WHERE r.gate_id = g.id)`
  return ctx.db.all<Gate>(
    sql`SELECT ${columns}, ${carried(rulesOf, page, sql`g.id`, list, bytes)} AS rules ${list(page)}`,
  )
}

/** Whether a gate has a rule, of one of these types. */
export function hasRule(ctx: Ctx, gateId: string, id: string, types: readonly Rule['type'][]): Condition {
  return sql`EXISTS (SELECT 1 FROM gate_rules
    WHERE ${ruleOf(ctx, gateId, id)} AND type IN (SELECT value FROM ${jsonEach(types)}))`
}

/** Changes a rule of a gate that exists, if it has one of these types. Returns it if so. */
export function updateRule(ctx: Ctx, gateId: string, id: string, config: string, types: readonly Rule['type'][]) {
  return ctx.db.all<Rule>(sql`
    UPDATE gate_rules SET config = ${config}, updated_at = ${ctx.now}
    WHERE ${ruleOf(ctx, gateId, id)} AND type IN (SELECT value FROM ${jsonEach(types)}) RETURNING ${ruleColumns}`)
}

/** Removes a rule of a gate that exists. Returns a row if it did. */
export function removeRule(ctx: Ctx, gateId: string, id: string) {
  return ctx.db.all<{ id: string }>(sql`DELETE FROM gate_rules WHERE ${ruleOf(ctx, gateId, id)} RETURNING id`)
}

/** One rule of a gate that exists. */
export function selectRule(ctx: Ctx, gateId: string, id: string) {
  return ctx.db.all<Rule>(sql`SELECT ${ruleColumns} FROM gate_rules WHERE ${ruleOf(ctx, gateId, id)}`)
}

/** What a result is judged by: the tenant's revision, the gate, and its active checks. */
export function selectForJudging(ctx: Ctx, id: string) {
  return {
    revised: ctx.db.all<{ revision: number }>(
      sql`SELECT revision FROM gate_revisions WHERE tenant_id = ${ctx.actor.tenantId}`,
    ),
    gate: selectGate(ctx, id),
    checks: ctx.db.all<Pick<Check, 'id' | 'name' | 'type' | 'severity' | 'config'>>(sql`
      SELECT c.id, c.name, c.type, c.severity, c.config
      FROM gates g JOIN json_each(g.check_ids) i CROSS JOIN checks c
      WHERE g.id = ${id} AND g.tenant_id = ${ctx.actor.tenantId} AND c.id = i.value AND c.tenant_id = g.tenant_id AND c.is_active = 1
        AND c.deleted_at IS NULL
      ORDER BY c.sort_order, i.key`),
  }
}

/** Whether nothing of the tenant's checks, gates and rules has changed since `revision`. */
export function isUnchanged(ctx: Ctx, revision: number): Condition {
  return sql`EXISTS (SELECT 1 FROM gate_revisions WHERE tenant_id = ${ctx.actor.tenantId} AND revision = ${revision})`
}

function own(ctx: Ctx, id: string): SQL {
  return sql`id = ${id} AND tenant_id = ${ctx.actor.tenantId} AND deleted_at IS NULL`
}

function ruleOf(ctx: Ctx, gateId: string, id: string): SQL {
  return sql`id = ${id} AND gate_id = (SELECT id FROM gates WHERE ${own(ctx, gateId)})`
}
