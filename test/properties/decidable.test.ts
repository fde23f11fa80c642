import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { selectApproval, type VotedOn } from '../../src/approvals/cast-vote.store.ts'
import { decide } from '../../src/approvals/decide.ts'
import { ruleOf, soleRequirement, type Policy, type PolicyBody } from '../../src/approvals/policy.ts'
import { whyNot } from '../../src/approvals/rules.ts'
import { votingOf } from '../../src/approvals/voting.ts'
import { roles, type Role } from '../../src/context.ts'
import { newId } from '../../src/ids.ts'
import { Refusal } from '../../src/refusal.ts'
import { newTenant } from '../support/tenant.ts'
import { often } from '../support/scale.ts'

const now = 1_000

/** A policy of one requirement. */
const body = (
  who: { group: string } | { roles: Role[] },
  approvals: number,
  allow_self_approval: boolean,
): PolicyBody => ({
  match: {},
  ...('group' in who
    ? { stages: [{ name: 'one', all: [{ group: who.group, approvals }] }] }
    : { required_approvals: approvals, approver_roles: who.roles }),
  allow_self_approval,
  allow_edit: false,
  restricted: false,
  expires: null,
})

/* The rule is written twice: as a function, which explains, and in SQL, which decides races. They must agree. */
test('the database allows exactly what the rules allow, with a policy of one requirement and without', async () => {
  const tenant = await newTenant()
  const users = fc.constantFrom('usr_a', 'usr_b', 'usr_m')
  const cases = fc.record({
    requester: users,
    submitter: fc.option(users),
    status: fc.constantFrom('pending', 'pending', 'approved', 'rejected', 'withdrawn', 'expired'),
    due: fc.option(
      fc.record({
        due_at: fc.integer({ min: now - 1, max: now + 1 }),
        on_due: fc.constantFrom('expire', 'approve', 'reject'),
      }),
    ),
    approver_roles: fc.subarray([...roles], { minLength: 1 }),
    actor_roles: fc.subarray([...roles], { minLength: 1 }),
    allow_self_approval: fc.boolean(),
    needed: fc.integer({ min: 1, max: 3 }),
    earlier: fc.option(
      fc.record({
        voter: users,
        vote: fc.constantFrom('approve' as const, 'reject' as const),
        revision: fc.integer({ min: 1, max: 2 }),
        voided_at: fc.constantFrom(0, 0, 1),
        reported_by: fc.option(users),
        key_made_by: fc.option(users),
      }),
    ),
    revision: fc.integer({ min: 1, max: 2 }),
    version: fc.integer({ min: 1, max: 3 }),
    /** The approval's own policy, if it has one: of roles, or of a group. */
    own: fc.constantFrom(null, 'roles', 'group'),
    person: fc.option(fc.record({ roles: fc.subarray([...roles]), groups: fc.subarray(['g', 'h']) })),
    keyMadeBy: fc.option(fc.constantFrom('usr_b', 'usr_m')),
    reportedBy: fc.option(users),
    ifMatch: fc.option(fc.subarray(['1', '2', '3', 'x'])),
    digest: fc.option(fc.constantFrom('0'.repeat(64), '0'.repeat(64), '1'.repeat(64))),
    vote: fc.constantFrom('approve' as const, 'reject' as const),
  })
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const plain = tenant.ctx('a', one.actor_roles, now)
      const ctx = { ...plain, actor: { ...plain.actor, keyMadeBy: one.keyMadeBy } }
      const reportedBy = one.reportedBy ?? undefined
      const ended = one.status !== 'pending'
      const policyVersion = one.own === null ? null : newId('plv')
      const row = {
        id: newId('clm'),
        tenant_id: tenant.id,
        kind: 'claim',
        status: one.status,
        title: 'x',
        requester_id: one.requester,
        created_at: 0,
        updated_at: 0,
        due_at: one.due?.due_at ?? null,
        on_due: one.due?.on_due ?? null,
        policy_version_id: policyVersion,
        votes_needed: one.needed,
        revision: one.revision,
        version: one.version,
        digest: '0'.repeat(64),
        decided_by: ended ? 'usr_z' : null,
        decided_at: ended ? 1 : null,
        submitted_by: one.submitter,
      }
      const ofKind: Policy = {
        required_approvals: one.needed,
        approver_roles: one.own === null ? one.approver_roles : [],
        allow_self_approval: one.own === null ? one.allow_self_approval : !one.allow_self_approval,
      }
      const kind = { kind: 'claim', policy: ofKind }
      const who = one.own === 'group' ? { group: 'g' } : { roles: one.approver_roles }
      const policy = body(who, one.needed, one.allow_self_approval)
      const columns = Object.keys(row)
      await env.DB.batch([
        env.DB.prepare('DELETE FROM people WHERE tenant_id = ?').bind(tenant.id),
        ...(one.person
          ? [ctx.actor.userId, ...(reportedBy === undefined ? [] : [reportedBy])].map((id) =>
              env.DB.prepare(
                'INSERT OR IGNORE INTO people (tenant_id, id, name, roles, groups, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 0, 0)',
              ).bind(tenant.id, id, id, JSON.stringify(one.person!.roles), JSON.stringify(one.person!.groups)),
            )
          : []),
        ...(policyVersion
          ? [
              env.DB.prepare(
                `INSERT INTO policy_versions (id, tenant_id, policy_id, version, body, created_at, created_by, capacities, sole_roles, sole_group,
                  allow_self_approval) VALUES (?, ?, ?, 1, ?, 0, 'usr_z', ?, ?, ?, ?)`,
              ).bind(
                policyVersion,
                tenant.id,
                policyVersion,
                JSON.stringify(policy),
                JSON.stringify([soleRequirement(ruleOf(policy))!.anyOf]),
                'roles' in who ? JSON.stringify(who.roles) : null,
                'group' in who ? who.group : null,
                one.allow_self_approval ? 1 : 0,
              ),
            ]
          : []),
        env.DB.prepare(`INSERT INTO approvals (${columns.join()}) VALUES (${columns.map(() => '?').join()})`).bind(
          ...Object.values(row),
        ),
        ...(one.earlier
          ? [
              env.DB.prepare(
                `INSERT INTO votes (approval_id, revision, voter_id, voided_at, vote, decision_id, counted_with, voted_at, reported_by)
                 VALUES (?, ?, ?, ?, ?, 'dec_earlier', ?, 0, ?)`,
              ).bind(
                row.id,
                one.earlier.revision,
                one.earlier.voter,
                one.earlier.voided_at,
                one.earlier.vote,
                JSON.stringify({ roles: one.approver_roles, groups: ['g'], key_made_by: one.earlier.key_made_by }),
                one.earlier.reported_by,
              ),
            ]
          : []),
      ])
      const read = async () => (await ctx.db.run(selectApproval(ctx, row.id, kind, reportedBy)))[0] as VotedOn
      const before = await read()
      // As many as the votes that stand say.
      const voting = votingOf(before, { ...kind, ...(reportedBy !== undefined && { reportedBy }) }, ctx.actor)
      const given = voting.votes.filter(({ vote }) => vote === 'approve').length
      await env.DB.prepare('UPDATE approvals SET votes_for = ? WHERE id = ?').bind(given, row.id).run()
      // An approval that has what it needs is not pending: only what can be is tried.
      fc.pre(ended || given < one.needed)
      fc.pre(ended || !voting.votes.some(({ vote }) => vote === 'reject'))
      const expected = whyNot(before, voting, ctx.actor, one, now)
      const outcome = await decide(ctx, {
        id: row.id,
        ...kind,
        comment: null,
        vote: one.vote,
        ifMatch: one.ifMatch,
        digest: one.digest,
        ...(reportedBy !== undefined && { reportedBy }),
        view: selectApproval(ctx, row.id, kind),
      }).catch((error: unknown) => {
        if (error instanceof Refusal) return error.code
        throw error
      })
      const after = await read()
      if (expected === null) expect([after.version, after.revision]).toEqual([row.version + 1, row.revision])
      else expect(after).toEqual({ ...before, votes_for: given })
      expect(typeof outcome === 'string' ? outcome : 'done').toBe(expected instanceof Refusal ? expected.code : 'done')
    }),
    { numRuns: often(200) },
  )
})
