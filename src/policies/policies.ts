import { recordIf, type Happening } from '../approvals/history.store.ts'
import {
  hasRoomForPolicy,
  insertPolicy,
  insertVersion,
  isPolicyAt,
  mostPolicies,
  selectPolicies,
  selectPolicy,
  selectWhetherUnchecked,
  turnPage,
  updatePolicy,
  wrotePolicy,
  type PolicyVersion,
  type StoredPolicy,
} from '../approvals/policies.store.ts'
import { derivedFrom } from '../approvals/policy-version.ts'
import type { PolicyBody } from '../approvals/policy.ts'
import { refuseStale, tries, type Tags } from '../access/regrouping.ts'
import type { Ctx } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { answeredBefore, onceIf } from '../idempotency/once.ts'
import { newId } from '../ids.ts'
import { jsonPointer } from '../json-pointer.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import { crowdOf, groupsOf, infeasibleAmong, selectCrowd } from './available.ts'
import { policyFaults } from './policy-faults.ts'
import { refuseInfeasible } from './refuse-infeasible.ts'

/** What an admin says of a policy. */
export type AskedPolicy = PolicyBody & { name: string; priority: number }

/**
 * Makes a policy. It holds for what is asked from now on.
 *
 * @throws Refusal `invalid_input` (groups), `infeasible_quorum`, `policy_limit`
 */
export async function createPolicy(ctx: Ctx, asked: AskedPolicy): Promise<StoredPolicy> {
  const before = await answeredBefore<StoredPolicy>(ctx)
  if (before) return before
  const { name, priority, ...body } = asked
  await refuseInfeasible(ctx, body)
  const id = newId('pol')
  const version = versionOf(id, 1, name, body)
  const policy: StoredPolicy = {
    id,
    name,
    priority,
    version_id: version.id,
    infeasible: null,
    version: 1,
    write_id: newId('wr'),
    created_at: ctx.now,
    updated_at: ctx.now,
    deleted_at: null,
    body: version.body,
    body_version: 1,
  }
  const written = wrotePolicy(ctx, policy)
  const made = await onceIf(
    ctx,
    policy,
    [
      insertVersion(ctx, version, hasRoomForPolicy(ctx)),
      insertPolicy(ctx, policy),
      turnPage(ctx, written),
      recordIf(ctx, [happening(policy, null, { policy: body })], written),
    ],
    written,
  )
  if (!made) throw new Refusal('policy_limit', `There are ${mostPolicies} policies already.`)
  return made
}

/**
 * Changes a policy; what is undefined stays, and of the two forms the one that is given holds. What was asked before
 * stays under the version that it was asked under.
 *
 * @throws Refusal `not_found`, `precondition_failed`, `invalid_input`, `infeasible_quorum`
 */
export async function changePolicy(
  ctx: Ctx,
  id: string,
  change: Partial<AskedPolicy>,
  tags: Tags,
): Promise<StoredPolicy> {
  const policy = await write(ctx, id, tags, async (seen) => {
    const was = JSON.parse(seen.body) as PolicyBody
    const { name = seen.name, priority = seen.priority, ...changed } = change
    const body = { ...(changed.stages ? withoutShort(was) : isShort(changed) ? withoutStages(was) : was), ...changed }
    const faults = policyFaults(body).map(({ path, message }): Fault => {
      return { in: 'body', pointer: jsonPointer(path), message, type: 'value_error' }
    })
    if (faults.length > 0) throw invalidInput(faults)
    const isNewBody = JSON.stringify(body) !== seen.body
    const asksOthers = JSON.stringify(rightsOf(body)) !== JSON.stringify(rightsOf(was))
    if (asksOthers) await refuseInfeasible(ctx, body)
    const version = isNewBody || name !== seen.name ? versionOf(id, seen.body_version + 1, name, body) : null
    if (!version && priority === seen.priority) return null
    const next: StoredPolicy = {
      ...seen,
      name,
      priority,
      ...(version && { version_id: version.id, body: version.body, body_version: version.version }),
      ...(asksOthers && { infeasible: null }),
    }
    const names = Object.keys(change).filter((one) => isChanged(one, seen, was, { ...body, name, priority }))
    return { next, version, event: happening(next, 'active', { changed: names, ...(version && { policy: body }) }) }
  })
  const unchecked = await ctx.db.run(selectWhetherUnchecked(ctx))
  return asShown(ctx, policy, unchecked)
}

/**
 * Deletes a policy: nothing that is asked from now on falls under it.
 *
 * @throws Refusal `not_found`, `precondition_failed`
 */
export async function deletePolicy(ctx: Ctx, id: string, tags: Tags): Promise<void> {
  await write(ctx, id, tags, async (seen) => {
    const next = { ...seen, deleted_at: ctx.now }
    return { next, version: null, event: happening(next, 'active', {}) }
  })
}

/** @throws Refusal `not_found` */
export async function getPolicy(ctx: Ctx, id: string): Promise<StoredPolicy> {
  const { policy, unchecked } = await ctx.db.batch({
    policy: selectPolicy(ctx, id),
    unchecked: selectWhetherUnchecked(ctx),
  })
  const [found] = policy
  return found ? asShown(ctx, found, unchecked) : missing(id)
}

/** With whether people can fulfil it, which is looked at anew where people have changed since cron has done so. */
async function asShown(ctx: Ctx, policy: StoredPolicy, unchecked: readonly unknown[]): Promise<StoredPolicy> {
  const [now] = unchecked.length > 0 ? await asOfNow(ctx, [policy]) : []
  return now ?? policy
}

/** In the order in which they are asked. */
export async function listPolicies(ctx: Ctx, page: PageRequest): Promise<Page<StoredPolicy>> {
  const { policies, unchecked } = await ctx.db.batch({
    policies: selectPolicies(ctx, page),
    unchecked: selectWhetherUnchecked(ctx),
  })
  const listed = pageOf(policies, page, null, (policy) => policy)
  return unchecked.length > 0 ? { ...listed, rows: await asOfNow(ctx, listed.rows) } : listed
}

/** Whether people can fulfil these policies, as of now: cron has not been by since people have changed. */
async function asOfNow(ctx: Ctx, policies: readonly StoredPolicy[]): Promise<StoredPolicy[]> {
  const bodies = policies.map(({ body }) => JSON.parse(body) as PolicyBody)
  const crowd = crowdOf(await ctx.db.batch(selectCrowd(ctx, [...new Set(bodies.flatMap(groupsOf))])))
  return policies.map((policy, index) => ({ ...policy, infeasible: infeasibleAmong(crowd, bodies[index]!) }))
}

/** What is to become of a policy; null where nothing is. */
type Plan = { next: StoredPolicy; version: PolicyVersion | null; event: Happening } | null

/** Writes what is planned for the policy as read, and plans again where somebody else has written meanwhile. */
async function write(
  ctx: Ctx,
  id: string,
  tags: Tags,
  plan: (seen: StoredPolicy) => Promise<Plan>,
): Promise<StoredPolicy> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const [seen] = await ctx.db.run(selectPolicy(ctx, id))
    if (!seen) return missing(id)
    refuseStale(tags, seen.version)
    const planned = await plan(seen)
    if (!planned) return seen
    const next = { ...planned.next, version: seen.version + 1, write_id: newId('wr'), updated_at: ctx.now }
    const written = wrotePolicy(ctx, next)
    const { done } = await ctx.db.batch({
      version: planned.version ? insertVersion(ctx, planned.version, isPolicyAt(ctx, seen)) : undefined,
      done: updatePolicy(ctx, seen, next),
      page: turnPage(ctx, written),
      event: recordIf(ctx, [planned.event], written),
    })
    if (done.length > 0) return next
  }
  throw new Refusal('storage_unavailable', `Others keep changing ${id}; try again.`)
}

function versionOf(policy_id: string, version: number, name: string, body: PolicyBody): PolicyVersion {
  return { id: newId('pov'), policy_id, version, name, body: JSON.stringify(body), ...derivedFrom(body) }
}

/**
 * @param more what it says, where that is a new version: so that the history has all that approvals are decided by; and
 *   which members an update has changed
 */
function happening(
  policy: StoredPolicy,
  from: string | null,
  more: { changed?: readonly string[]; policy?: PolicyBody },
): Happening {
  const { id, name, priority, version_id, body_version, deleted_at } = policy
  const said = { name, priority, version: body_version, policy_version_id: version_id }
  const what = from === null ? 'created' : deleted_at === null ? 'updated' : 'deleted'
  return {
    type: `policy.${what}`,
    resourceId: id,
    from,
    to: deleted_at === null ? 'active' : 'deleted',
    data: { ...said, ...more },
  }
}

/** What says who has to say yes to whom. */
function rightsOf({ match, stages, required_approvals, approver_roles, allow_self_approval }: PolicyBody) {
  return [match.requester_group, stages, required_approvals, approver_roles, allow_self_approval]
}

function isShort({ required_approvals, approver_roles }: Partial<PolicyBody>): boolean {
  return required_approvals !== undefined || approver_roles !== undefined
}

function withoutShort({ required_approvals: _, approver_roles: __, ...rest }: PolicyBody): PolicyBody {
  return rest
}

function withoutStages({ stages: _, ...rest }: PolicyBody): PolicyBody {
  return rest
}

function isChanged(name: string, seen: StoredPolicy, was: PolicyBody, is: AskedPolicy): boolean {
  const before = { ...was, name: seen.name, priority: seen.priority }
  return JSON.stringify(before[name as keyof AskedPolicy]) !== JSON.stringify(is[name as keyof AskedPolicy])
}

function missing(id: string): never {
  throw new Refusal('not_found', `There is no policy ${id}.`)
}
