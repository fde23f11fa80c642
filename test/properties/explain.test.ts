import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decideApproval } from '../../src/any-approval/decide-approval.ts'
import { explainApproval, type May } from '../../src/any-approval/explain.ts'
import { familyOf } from '../../src/any-approval/family-of.ts'
import type { Vote } from '../../src/approvals/approval.ts'
import { mostApprovals } from '../../src/approvals/feasible.ts'
import { insertPolicy, insertVersion, turnPage } from '../../src/approvals/policies.store.ts'
import { derivedFrom } from '../../src/approvals/policy-version.ts'
import type { PolicyBody } from '../../src/approvals/policy.ts'
import { requestChange } from '../../src/changes/request-change.ts'
import { submitClaims } from '../../src/claims/submit-claims.ts'
import { createContext, roles, type Actor, type Ctx, type Role } from '../../src/context.ts'
import { sql } from '../../src/db/sql.ts'
import { requestIntent } from '../../src/intents/request-intent.ts'
import { newId } from '../../src/ids.ts'
import { Refusal } from '../../src/refusal.ts'
import { requestKind } from '../../src/requests/request-kind.ts'
import { amendRequest, askRequest } from '../../src/standard/ask.ts'
import { isLong } from '../support/scale.ts'
import { newTenant } from '../support/tenant.ts'

/*
 * What explain says that somebody may do works when they do it, and what it says that they may not is refused for that
 * very reason: for everybody, in whatever state.
 */

/** Later than any sweep of others that share the database. */
const asked = Date.UTC(2100, 0, 1)
const hour = 3_600_000
const people = ['usr_a', 'usr_b', 'usr_c', 'usr_d', 'usr_e']
const groups = ['grp_x', 'grp_y', 'grp_z']
const instance = crypto.randomUUID()
const who = fc.constantFrom(...people)
const someRoles = fc.subarray([...roles])

const requirement = fc.tuple(
  fc.oneof(fc.record({ group: fc.constantFrom(...groups) }), fc.record({ role: fc.constantFrom(...roles) })),
  fc.integer({ min: 1, max: 2 }),
)
const stages = fc
  .array(fc.array(requirement, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .filter((all) => all.flat().reduce((sum, [, approvals]) => sum + approvals, 0) <= mostApprovals)
const policy = fc.record({
  stages: fc.option(stages, { freq: 3 }),
  required_approvals: fc.integer({ min: 1, max: 2 }),
  approver_roles: fc.subarray([...roles], { minLength: 1 }),
  allow_self_approval: fc.boolean(),
  restricted: fc.boolean(),
  expires: fc.option(fc.constantFrom('expire' as const, 'reject' as const, 'approve' as const)),
})
/** A key of somebody’s: which of their roles it has, who has made it, whether it is bound. */
const key = fc.record({
  person: who,
  roles: someRoles,
  madeBy: fc.option(who),
  isBound: fc.constantFrom(false, false, false, true),
})
const state = fc.record({
  people: fc.array(
    fc.record({ roles: someRoles, groups: fc.subarray(groups), disabled: fc.constantFrom(0, 0, 0, 0, 1) }),
    { minLength: people.length, maxLength: people.length },
  ),
  policy: fc.option(policy, { freq: 4 }),
  family: fc.constantFrom('request', 'request', 'request', 'claim', 'change', 'intent'),
  requester: who,
  sender: fc.option(who),
  isThroughInstance: fc.boolean(),
  restricted: fc.boolean(),
  intent: fc.record({ approver_role: fc.constantFrom('owner', 'customer'), approver_person_id: fc.option(who) }),
  /** What happens then, as far as it may. */
  votes: fc.array(fc.record({ key, vote: fc.constantFrom<Vote>('approve', 'approve', 'approve', 'reject') }), {
    maxLength: 5,
  }),
  isAmended: fc.constantFrom(false, false, true),
  isLate: fc.constantFrom(false, false, false, true),
  keys: fc.array(key, { minLength: 4, maxLength: 5 }),
})
type State = typeof state extends fc.Arbitrary<infer S> ? S : never

function bodyOf(
  { stages, required_approvals, approver_roles, expires, restricted, ...rest }: NonNullable<State['policy']>,
  family: State['family'],
) {
  const long = stages?.map((all, index) => ({
    name: `stage ${index}`,
    all: all.map(([one, approvals]) => ({ ...one, approvals })),
  }))
  return {
    match: {},
    ...(long ? { stages: long } : { required_approvals, approver_roles }),
    allow_edit: false,
    // What only requests can be.
    restricted: restricted && family === 'request',
    ...rest,
    expires: expires === null ? null : { after_hours: 1, then: expires },
  } as PolicyBody
}

/** Somebody, as they come in with a key. */
function actorOf(tenantId: string, one: State, key: State['keys'][number]): Actor {
  const { roles: has, groups } = one.people[people.indexOf(key.person)]!
  return {
    tenantId,
    userId: key.person,
    name: key.person,
    roles: has.filter((role) => key.roles.includes(role)),
    instanceId: key.isBound ? instance : null,
    keyMadeBy: key.madeBy === key.person ? null : key.madeBy,
    groups,
  }
}

const contextOf = (actor: Actor, now: number) => createContext(env, { actor, requestId: 'test', now })

async function prepared(ctx: Ctx, one: State): Promise<void> {
  await env.DB.batch(
    one.people.map((person, at) =>
      env.DB.prepare(
        'INSERT INTO people (tenant_id, id, name, roles, groups, disabled, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, 0, 0)',
      ).bind(
        ctx.actor.tenantId,
        people[at]!,
        people[at]!,
        JSON.stringify(person.roles),
        JSON.stringify(person.groups),
        person.disabled,
      ),
    ),
  )
  if (one.policy === null) return
  const body = bodyOf(one.policy, one.family)
  const [id, version] = [newId('pol'), newId('pov')]
  const common = { id, name: 'One', version: 1, body: JSON.stringify(body) }
  await ctx.db.batch({
    version: insertVersion(ctx, { ...common, id: version, policy_id: id, ...derivedFrom(body) }, sql`1`),
    policy: insertPolicy(ctx, {
      ...common,
      priority: 1,
      version_id: version,
      infeasible: null,
      write_id: 'wr_1',
      created_at: 0,
      updated_at: 0,
      deleted_at: null,
      body_version: 1,
    }),
    page: turnPage(ctx, sql`1`),
  })
}

/** Asks; the id of what is asked. */
async function ask(tenantId: string, one: State): Promise<string> {
  const sender = one.sender ?? one.requester
  const through = one.isThroughInstance ? instance : null
  const anybody = { tenantId, name: 'x', keyMadeBy: null, instanceId: through }
  const ctx = contextOf({ ...anybody, userId: sender, roles: ['service'] }, asked)
  if (one.family === 'claim') {
    const claim = { description: 'x', amount: 1, currency: 'EUR', claimant_id: one.requester }
    return (await submitClaims(ctx, [claim]))[0]!.id
  }
  if (one.family === 'change') {
    const change = { entity_type: 'own', entity_id: 'o', entity_name: 'O', action: 'create', payload: '{}' } as const
    return (await requestChange(ctx, change)).id
  }
  if (one.family === 'intent') {
    const call = { instance_id: instance, customer_id: 'c', action: 'a', skill_slug: 's', serialized_intent: '{}' }
    const more = { rule_id: null, notify_channel: null, expires_in_hours: 2 }
    const { approver_role, approver_person_id } = one.intent
    return (await requestIntent(ctx, { ...call, ...more, approver_role, approver_person_id } as never)).id
  }
  const request = await askRequest(ctx, requestKind, {
    type: 'x',
    title: 'x',
    summary: null,
    details: null,
    subject: null,
    external_ref: null,
    state: null,
    requester_id: one.requester,
    expires_in_hours: null,
    redeem_within_hours: 1,
    restricted: one.restricted,
  })
  return request.id
}

const tables = { request: 'requests', claim: 'claims', change: 'changes', intent: 'intents' } as Record<string, string>
const columnsOf = new Map<string, string[]>()

/** The same once more, under another id: to be tried on. */
async function copied(id: string, kind: string): Promise<string> {
  const prefix = id.includes('_') ? `${id.split('_')[0]}_` : ''
  const copy = `${prefix}${crypto.randomUUID()}`
  const statements: D1PreparedStatement[] = []
  for (const table of ['approvals', tables[kind]!, 'votes']) {
    const known =
      columnsOf.get(table) ??
      (await env.DB.prepare('SELECT name FROM pragma_table_info(?)').bind(table).all<{ name: string }>()).results.map(
        ({ name }) => name,
      )
    columnsOf.set(table, known)
    const key = table === 'approvals' ? 'id' : 'approval_id'
    const values = known.map((name) =>
      name === key ? '?1' : name === 'approval_ref' ? "'APR-' || upper(hex(randomblob(8)))" : name,
    )
    statements.push(
      env.DB.prepare(
        `INSERT INTO ${table} (${known.join()}) SELECT ${values.join()} FROM ${table} WHERE ${key} = ?2`,
      ).bind(copy, id),
    )
  }
  await env.DB.batch(statements)
  return copy
}

/** What becomes of it: `done`, or what refuses it, with its reason. */
const outcome = (does: () => Promise<unknown>): Promise<string> =>
  does().then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof Refusal) return `${error.code}: ${error.detail}`
      throw error
    },
  )

const expected = ({ allowed, code, reason }: May) => (allowed ? 'done' : `${code}: ${reason}`)

const rowOf = (id: string) =>
  env.DB.prepare(
    'SELECT status, version, votes_for, (SELECT count(*) FROM votes v WHERE v.approval_id = a.id) AS votes FROM approvals a WHERE id = ?',
  )
    .bind(id)
    .first<{ status: string; version: number; votes_for: number; votes: number }>()

const ways = {
  approve: (ctx: Ctx, id: string) => decideApproval(ctx, id, { vote: 'approve', comment: null, ifMatch: null }),
  reject: (ctx: Ctx, id: string) => decideApproval(ctx, id, { vote: 'reject', comment: 'x', ifMatch: null }),
  withdraw: (ctx: Ctx, id: string) => familyOf(id).withdrawal!(ctx, id, null),
}

test('what explain says that somebody may do works, and what it says that they may not is refused for that reason', async () => {
  await fc.assert(
    fc.asyncProperty(state, async (one) => {
      const tenant = await newTenant()
      await prepared(tenant.ctx('setup', ['admin'], 0), one)
      const id = await ask(tenant.id, one)
      const { kind } = familyOf(id)
      const act = async (key: State['keys'][number], vote: Vote) => {
        if (!key.isBound) await outcome(() => ways[vote](contextOf(actorOf(tenant.id, one, key), asked + 1), id))
      }
      for (const { key, vote } of one.votes.slice(0, 3)) await act(key, vote)
      const requester = {
        person: one.requester,
        roles: [...roles] as Role[],
        madeBy: null,
        isBound: one.isThroughInstance,
      }
      if (one.isAmended && kind === 'request') {
        const ctx = contextOf(actorOf(tenant.id, one, requester), asked + 1)
        await outcome(() => amendRequest(ctx, requestKind, id, { title: 'y' }, null))
      }
      for (const { key, vote } of one.votes.slice(3)) await act(key, vote)
      const now = asked + (one.isLate ? 3 * hour : 2)
      for (const key of [requester, ...one.keys]) {
        const ctx = contextOf(actorOf(tenant.id, one, key), now)
        let copy = await copied(id, kind)
        const explained = await explainApproval(ctx, copy).catch((error: unknown) => {
          if (error instanceof Refusal) return error
          throw error
        })
        for (const [name, way] of Object.entries(ways)) {
          // A bound key does not even get to a vote: the door refuses it.
          if (key.isBound && name !== 'withdraw') continue
          if (name === 'withdraw' && !familyOf(id).withdrawal) continue
          if (explained instanceof Refusal) {
            expect(await outcome(() => way(ctx, copy))).toMatch(new RegExp(`^${explained.code}:`))
            continue
          }
          const said = explained.may[name as keyof typeof ways]
          const before = await rowOf(copy)
          const reason = expected(said).replaceAll(explained.approval.id, copy)
          expect([name, await outcome(() => way(ctx, copy))]).toEqual([name, reason])
          const after = await rowOf(copy)
          if (said.code !== 'allowed') expect(after).toEqual(before)
          else {
            expect(after!.version).toBe(before!.version + 1)
            expect(after!.votes).toBe(before!.votes + (name === 'withdraw' ? 0 : 1))
            copy = await copied(id, kind)
          }
        }
      }
    }),
    { numRuns: isLong ? 45 : 12 },
  )
}, 600_000)
