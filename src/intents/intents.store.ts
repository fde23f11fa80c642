import { sql } from '../db/sql.ts'
import type { Approval, Quorum, Vote } from '../approvals/approval.ts'
import type { Status } from '../approvals/states.ts'
import { marked, type Mark } from '../approvals/mark.store.ts'
import type { Actor, Ctx } from '../context.ts'
import type { Condition, Reference, Statement } from '../db/open-db.ts'
import { carried, type PageRequest } from '../db/page.ts'
import type { intents } from './intents.table.ts'
import { entryStatus, entryTag, type OutboxStatus } from './outbox-status.store.ts'

/** What an agent asks for. */
export type IntentFacts = Omit<
  typeof intents.$inferSelect,
  | 'approval_id'
  | 'tenant_id'
  | 'resolver_role'
  | 'resolver_person_id'
  | 'resolution_channel'
  | 'pin_verified'
  | 'reported_by'
> & { id: string }

export type PersonRole = IntentFacts['approver_role']

/** An intent: what is asked for, and the state of its approval. */
export interface Intent
  extends
    IntentFacts,
    Quorum,
    Pick<Approval, 'digest' | 'version' | 'due_at' | 'on_due' | 'decided_by' | 'decided_at'> {
  status: Status
  created_at: number
  /** 1 where a policy holds and the customer has the last word. */
  channel_confirms: number
  resolver_role: PersonRole | null
  resolution_channel: string | null
  /** The user whose key reported the person's answer. */
  reported_by: string | null
  outbox_id: string | null
}

/** The approval behind a reference of an instance. */
export function behindRef(ctx: Ctx, instanceId: string, ref: string): Reference {
  return sql`(SELECT i.approval_id FROM intents i WHERE ${isNamed(ctx, instanceId, ref)})`
}

function isNamed({ actor }: Ctx, instanceId: string, ref: string): Condition {
  return sql`i.tenant_id = ${actor.tenantId} AND i.instance_id = ${instanceId} AND i.approval_ref = ${ref}`
}

/** Inserts what is asked for; its approval is opened by the same transaction. */
export function insertIntent(ctx: Ctx, intent: IntentFacts): Statement {
  return ctx.db.all(sql`
    INSERT INTO intents (approval_id, tenant_id, instance_id, approval_ref, customer_id, action, skill_slug, serialized_intent,
      approver_role, approver_person_id, rule_id, notify_channel)
    VALUES (${intent.id}, ${ctx.actor.tenantId}, ${intent.instance_id}, ${intent.approval_ref}, ${intent.customer_id}, ${intent.action},
      ${intent.skill_slug}, ${intent.serialized_intent}, ${intent.approver_role}, ${intent.approver_person_id}, ${intent.rule_id},
      ${intent.notify_channel})`)
}

/** Somebody who answers. */
export interface Resolver {
  role: PersonRole
  personId: string | null
  /** Whether they may where no certain person is asked. */
  isAnybody: boolean
  /** Whether they answer through the agent's channel. */
  isChannel: boolean
  /** Who has made the key that they answer with, where that is somebody else. */
  keyMadeBy: string | null
}

/**
 * Whether this person may resolve the intent of the surrounding `approvals` row. Where a policy holds that says who,
 * but for the last word of a customer; whoever has that has no other, nor have the keys that they have made.
 */
export function resolvableBy({ role, personId, isAnybody, isChannel, keyMadeBy }: Resolver): Condition {
  const inStages = isChannel
    ? sql`0`
    : sql`NOT EXISTS (SELECT 1 FROM intents i WHERE i.approval_id = approvals.id AND ${namesThem(personId, keyMadeBy)})`
  return sql`((approvals.policy_version_id IS NOT NULL AND (approvals.channel_confirms = 0 OR ${inStages})) OR EXISTS (SELECT 1 FROM intents i
    WHERE i.approval_id = approvals.id AND i.approver_role = ${role}
      AND (i.approver_person_id = ${personId} OR (i.approver_person_id IS NULL AND ${isAnybody ? 1 : 0}))))`
}

/** Whether the intent `i` names somebody, or who has made their key. */
function namesThem(personId: string | null, keyMadeBy: string | null): Condition {
  return sql`i.approver_person_id IN (${personId}, ${keyMadeBy})`
}

/** The instance of the intent of the surrounding `approvals` row. */
export const itsInstance: Reference = sql`(SELECT i.instance_id FROM intents i WHERE i.approval_id = approvals.id)`

/** How an intent was resolved, for the record, and what its outbox entry starts with. */
export interface HowResolved extends Omit<Resolver, 'isAnybody' | 'isChannel' | 'keyMadeBy'> {
  vote: Vote
  instanceId: Reference
  channel: string | null
  pinVerified: boolean
  /** The user whose key reported the person's answer; null where it was the person's own. */
  reportedBy: string | null
  outboxId: string
  executeBy: number
}

/**
 * If this decision resolved the intent: where it was approved its entry in the outbox, and how it was resolved; which
 * looks whether there is an entry by whether it was just put there.
 */
export function recordResolution(ctx: Ctx, id: Reference, mark: Mark, resolution: HowResolved): Statement[] {
  const put = ctx.db.all(sql`
    INSERT INTO outbox (id, tenant_id, instance_id, approval_id, status, approved_at, execute_by)
    SELECT ${resolution.outboxId}, tenant_id, ${resolution.instanceId}, id, 'open', ${ctx.now}, ${resolution.executeBy}
    FROM approvals WHERE ${marked(mark)} AND status = 'approved'`)
  const note = (resolved: Reference) =>
    ctx.db.all(sql`
      UPDATE intents SET resolver_role = ${resolution.role}, resolver_person_id = ${resolution.personId},
        resolution_channel = ${resolution.channel}, pin_verified = ${resolution.pinVerified ? 1 : 0}, reported_by = ${resolution.reportedBy}
      WHERE approval_id = ${resolved}`)
  if (resolution.vote === 'approve') return [put, note(sql`iif(changes() > 0, ${id}, NULL)`)]
  return [note(sql`(SELECT id FROM approvals WHERE ${marked(mark)})`)]
}

/** An intent with what became of it: its resolution, and its entry in the outbox. */
export type IntentInView = Intent & {
  resolver_person_id: string | null
  reported_by: string | null
  outbox_status: OutboxStatus | null
  outbox_attempt: number | null
  outbox_error: string | null
  /** What the entity tag has of the entry. */
  outbox_tag: string | null
}

/** One intent of an instance, by its reference, with what became of it. */
export function selectInView(ctx: Ctx, instanceId: string, ref: string) {
  return ctx.db.all<IntentInView>(sql`
    SELECT ${intentColumns}, i.serialized_intent, i.resolver_person_id, o.id AS outbox_id, ${entryStatus(ctx.now)} AS outbox_status,
      o.attempt AS outbox_attempt, o.error AS outbox_error, ${entryTag(ctx.now)} AS outbox_tag
    FROM intents i CROSS JOIN approvals a ON a.id = i.approval_id LEFT JOIN outbox o ON o.approval_id = a.id
    WHERE ${isNamed(ctx, instanceId, ref)} AND a.tenant_id = ${ctx.actor.tenantId}`)
}

/** One intent, by its approval. */
export function selectIntent(ctx: Ctx, id: Reference) {
  return ctx.db.all<Intent>(sql`
    SELECT ${intentColumns}, i.serialized_intent, (SELECT o.id FROM outbox o WHERE o.approval_id = a.id) AS outbox_id
    FROM intents i CROSS JOIN approvals a
    WHERE i.approval_id = ${id} AND a.id = i.approval_id AND a.tenant_id = ${ctx.actor.tenantId}`)
}

/** What waits for a customer's, or the owner's, decision at an instance, oldest first; nothing that has expired. */
export function selectPending(ctx: Ctx, instanceId: string, customerId: string, page: PageRequest) {
  const list = ({ limit, after }: PageRequest) => sql`
    FROM approvals a JOIN intents i ON i.approval_id = a.id
    WHERE ${pendingFor(ctx, instanceId, customerId)}
      AND ${after ? sql`(a.created_at, a.id) > (${after.created_at}, ${after.id})` : sql`1`}
    ORDER BY a.created_at, a.id LIMIT ${limit + 1}`
  const call = carried(sql`i.serialized_intent`, page, sql`a.id`, list)
  return ctx.db.all<Intent>(sql`
    SELECT ${intentColumns}, NULL AS outbox_id, ${call} AS serialized_intent ${list(page)}`)
}

/** How many that are; counted, because one customer has few. */
export function countPending(ctx: Ctx, instanceId: string, customerId: string) {
  return ctx.db.all<{ total: number }>(sql`
    SELECT count(*) AS total FROM approvals a WHERE ${pendingFor(ctx, instanceId, customerId)}`)
}

function pendingFor(ctx: Ctx, instanceId: string, customerId: string): Condition {
  return sql`a.tenant_id = ${ctx.actor.tenantId} AND a.kind = 'intent' AND a.subject_id = ${customerId} AND a.status = 'pending'
    AND a.restricted = 0 AND +a.subject_type = ${`instance:${instanceId}`} AND +a.due_at > ${ctx.now}`
}

const intentColumns = sql`a.id, a.status, a.digest, a.version, a.created_at, a.due_at, a.on_due, a.decided_by, a.decided_at, a.policy_version_id,
  a.votes_needed, a.votes_for, a.channel_confirms, i.instance_id, i.approval_ref,
  i.customer_id, i.action, i.skill_slug, i.approver_role, i.approver_person_id, i.rule_id, i.notify_channel,
  i.resolver_role, i.resolution_channel, i.reported_by`

/** What there is of an intent beside the row `a` of `approvals`: see `Family`. */
export const intentFacts = sql`intents f LEFT JOIN outbox o ON o.approval_id = f.approval_id`

/** What is asked for. */
export const factsOfIntent = sql`
  json_object('instance_id', f.instance_id, 'approval_ref', f.approval_ref, 'customer_id', f.customer_id, 'action', f.action,
    'skill_slug', f.skill_slug, 'serialized_intent', f.serialized_intent, 'approver_role', f.approver_role,
    'approver_person_id', f.approver_person_id, 'rule_id', f.rule_id)`

/** What else a page shows of an intent. */
export interface IntentBeside {
  /** Until when an approved call may be executed, in milliseconds. */
  execute_by: number | null
}

/** That of the row `a` of `approvals`, as one JSON object. */
export const besideIntent = sql`
  SELECT json_object('execute_by', (SELECT execute_by FROM outbox WHERE approval_id = a.id))`

/** Of the row `a` of `approvals`: that it waits for its owner, who this is, or might be. */
export function waitsForOwner({ userId, roles }: Actor): Condition {
  const anybodys = roles.includes('admin') ? sql`i.approver_person_id IS NULL OR ` : sql``
  return sql`EXISTS (SELECT 1 FROM intents i
    WHERE i.approval_id = a.id AND i.approver_role = 'owner' AND (${anybodys}i.approver_person_id = ${userId}))`
}

/** Of the row `a` of `approvals`: that this is the customer who is named for its last word, or a key that they made. */
export function hasLastWord({ userId, keyMadeBy }: Actor): Condition {
  return sql`(a.channel_confirms = 1 AND EXISTS (SELECT 1 FROM intents i
    WHERE i.approval_id = a.id AND ${namesThem(userId, keyMadeBy)}))`
}

/** What a list over all families shows of an intent as of `now`. */
export const shownOfIntent = (now: number) => sql`
  json_object('approval_ref', f.approval_ref, 'instance_id', f.instance_id, 'customer_id', f.customer_id,
    'action', f.action, 'skill_slug', f.skill_slug, 'approver_role', f.approver_role, 'approver_person_id', f.approver_person_id,
    'rule_id', f.rule_id, 'notify_channel', f.notify_channel, 'reported_by', f.reported_by, 'outbox_id', o.id,
    'outbox_status', ${entryStatus(now)}, 'outbox_attempt', o.attempt, 'outbox_error', o.error)`
