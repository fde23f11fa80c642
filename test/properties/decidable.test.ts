import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Approval } from '../../src/approvals/approval.ts'
import { selectApproval } from '../../src/approvals/approvals.store.ts'
import { decide } from '../../src/approvals/decide.ts'
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
    earlier: fc.option(fc.constantFrom('approve' as const, 'reject' as const)),
    revision: fc.integer({ min: 1, max: 3 }),
    ifMatch: fc.option(fc.subarray(['1', '2', '3', 'x'])),
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
        title: 'x',
        requester_id: one.requester,
        subject_type: null,
        subject_id: null,
        created_at: 0,
        updated_at: 0,
        due_at: one.due?.due_at ?? null,
        on_due: (one.due?.on_due ?? null) as Approval['on_due'],
        policy: JSON.stringify({
          required_approvals: one.needed,
          approver_roles: one.approver_roles,
          allow_self_approval: one.allow_self_approval,
        }),
        votes_needed: one.needed,
        votes_for: 0,
        revision: one.revision,
        decision_id: null,
        decided_by: ended ? 'usr_z' : null,
        decided_at: ended ? 1 : null,
        comment: null,
        submitted_by: one.submitter,
      }
      const columns = Object.keys(row)
      await env.DB.batch([
        env.DB.prepare(`INSERT INTO approvals (${columns.join()}) VALUES (${columns.map(() => '?').join()})`).bind(
          ...Object.values(row),
        ),
        ...(one.earlier
          ? [
              env.DB.prepare(
                'INSERT INTO votes (approval_id, voter_id, vote, decision_id, voted_at) VALUES (?, ?, ?, ?, 0)',
              ).bind(row.id, 'usr_a', one.earlier, 'dec_earlier'),
            ]
          : []),
      ])
      const expected = whyNot(row, one.earlier, ctx.actor, one, now)
      const outcome = await decide(ctx, {
        id: row.id,
        kind: 'claim',
        comment: null,
        vote: one.vote,
        ifMatch: one.ifMatch,
        view: selectApproval(ctx, row.id, 'claim', ''),
      }).catch((error: unknown) => {
        if (error instanceof Refusal) return error.code
        throw error
      })
      const after = (await env.DB.prepare('SELECT * FROM approvals WHERE id = ?').bind(row.id).first<Approval>())!
      if (expected === null) expect(after.revision).toBe(row.revision + 1)
      else expect(after).toEqual(row)
      expect(typeof outcome === 'string' ? outcome : 'done').toBe(expected instanceof Refusal ? expected.code : 'done')
    }),
    { numRuns: 300 },
  )
})
