import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Approval } from '../../src/approvals/approval.ts'
import { selectApproval } from '../../src/approvals/approvals.store.ts'
import { decide } from '../../src/approvals/decide.ts'
import type { Policy } from '../../src/approvals/policy.ts'
import { whyNot } from '../../src/approvals/rules.ts'
import { roles } from '../../src/context.ts'
import { newId } from '../../src/ids.ts'
import { Refusal } from '../../src/refusal.ts'
import { newTenant } from '../support/tenant.ts'

const now = 1_000

/* The rule is written twice: as a function, which explains, and in SQL, which decides races. They must agree. */
test('the database allows exactly what the rules allow', async () => {
  const tenant = await newTenant()
  const users = fc.constantFrom('usr_a', 'usr_b')
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
        vote: fc.constantFrom('approve' as const, 'reject' as const),
        revision: fc.integer({ min: 1, max: 2 }),
        voided_at: fc.constantFrom(0, 0, 1),
      }),
    ),
    revision: fc.integer({ min: 1, max: 2 }),
    version: fc.integer({ min: 1, max: 3 }),
    /** Whether the policy is the approval's own, or what its kind takes. */
    hasOwn: fc.boolean(),
    ifMatch: fc.option(fc.subarray(['1', '2', '3', 'x'])),
    digest: fc.option(fc.constantFrom('0'.repeat(64), '0'.repeat(64), '1'.repeat(64))),
    vote: fc.constantFrom('approve' as const, 'reject' as const),
  })
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const ctx = tenant.ctx('a', one.actor_roles, now)
      const ended = one.status !== 'pending'
      const row: Approval = {
        id: newId('clm'),
        tenant_id: tenant.id,
        kind: 'claim',
        status: one.status as Approval['status'],
        type: null,
        title: 'x',
        requester_id: one.requester,
        subject_type: null,
        subject_id: null,
        created_at: 0,
        updated_at: 0,
        due_at: one.due?.due_at ?? null,
        on_due: (one.due?.on_due ?? null) as Approval['on_due'],
        policy_version_id: one.hasOwn ? newId('plv') : null,
        votes_needed: one.needed,
        votes_for: 0,
        revision: one.revision,
        version: one.version,
        digest: '0'.repeat(64),
        decision_id: null,
        bulk_id: null,
        decided_by: ended ? 'usr_z' : null,
        decided_at: ended ? 1 : null,
        comment: null,
        submitted_by: one.submitter,
        instance_id: null,
        restricted: 0,
        stage: 0,
        channel_confirms: 0,
        approved_digest: null,
      }
      const own: Policy = {
        required_approvals: one.needed,
        approver_roles: one.approver_roles,
        allow_self_approval: one.allow_self_approval,
      }
      const ofKind = {
        kind: 'claim',
        policy: one.hasOwn ? { ...own, approver_roles: [], allow_self_approval: !own.allow_self_approval } : own,
      }
      const columns = Object.keys(row)
      await env.DB.batch([
        ...(row.policy_version_id
          ? [
              env.DB.prepare(
                "INSERT INTO policy_versions (id, tenant_id, policy_id, version, body, created_at, created_by) VALUES (?, ?, ?, 1, ?, 0, 'usr_z')",
              ).bind(row.policy_version_id, tenant.id, row.policy_version_id, JSON.stringify(own)),
            ]
          : []),
        env.DB.prepare(`INSERT INTO approvals (${columns.join()}) VALUES (${columns.map(() => '?').join()})`).bind(
          ...Object.values(row),
        ),
        ...(one.earlier
          ? [
              env.DB.prepare(
                "INSERT INTO votes (approval_id, revision, voter_id, voided_at, vote, decision_id, counted_with, voted_at) VALUES (?, ?, 'usr_a', ?, ?, 'dec_earlier', '{}', 0)",
              ).bind(row.id, one.earlier.revision, one.earlier.voided_at, one.earlier.vote),
            ]
          : []),
      ])
      // Only a vote that stands, on the present question, counts.
      const stands = one.earlier?.revision === one.revision && one.earlier.voided_at === 0
      const expected = whyNot(row, own, stands ? one.earlier!.vote : null, ctx.actor, one, now)
      const outcome = await decide(ctx, {
        id: row.id,
        ...ofKind,
        comment: null,
        vote: one.vote,
        ifMatch: one.ifMatch,
        digest: one.digest,
        view: selectApproval(ctx, row.id, ofKind),
      }).catch((error: unknown) => {
        if (error instanceof Refusal) return error.code
        throw error
      })
      const after = (await env.DB.prepare('SELECT * FROM approvals WHERE id = ?').bind(row.id).first<Approval>())!
      if (expected === null) expect([after.version, after.revision]).toEqual([row.version + 1, row.revision])
      else expect(after).toEqual(row)
      expect(typeof outcome === 'string' ? outcome : 'done').toBe(expected instanceof Refusal ? expected.code : 'done')
    }),
    { numRuns: 300 },
  )
})
