import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Watch } from '../../src/any-approval/watch.ts'
import { decideClaim } from '../../src/claims/decide-claim.ts'
import { submitClaims } from '../support/batches.ts'
import { newTenant } from '../support/tenant.ts'
import { often } from '../support/scale.ts'

const claims = 4
const which = fc.nat(claims - 1)
/** What happens, one after the other; waits go on meanwhile. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('wait' as const), which, ms: fc.integer({ min: 1, max: 60 }) }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('decide' as const), which, isTold: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('pause' as const), ms: fc.integer({ min: 0, max: 30 }) }) },
)

test('nobody is told what is not so, or waits for what is decided already, whatever comes when', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const tenant = await newTenant()
      const ids = await submitClaims(tenant.as('member'), claims)
      const { actor } = tenant.ctx('member')
      const watch = new Watch(env)
      const deciding = new Map<number, string>()
      const decided = new Map<number, string>()
      const waits: Promise<void>[] = []
      for (const one of steps) {
        if (one.does === 'pause') await new Promise((resolve) => setTimeout(resolve, one.ms))
        else if (one.does === 'decide') {
          if (decided.has(one.which)) continue
          const vote = one.which % 2 === 0 ? ('approve' as const) : ('reject' as const)
          const outcome = one.which % 2 === 0 ? 'approved' : 'rejected'
          deciding.set(one.which, outcome)
          const ballot = { vote, comment: 'x', ifMatch: null, digest: null }
          await decideClaim(tenant.ctx('coordinator'), ids[one.which]!, ballot)
          decided.set(one.which, outcome)
          if (one.isTold) watch.poke()
        } else {
          const before = decided.get(one.which)
          const told = watch.wait({ actor, id: ids[one.which]!, ms: one.ms }).then((row) => {
            // What was so before it began is not missed; what has become so meanwhile may be.
            expect([before ?? 'pending', deciding.get(one.which) ?? 'pending']).toContain(row!.status)
            if (before) expect(row!.status).toBe(before)
          })
          told.catch(() => undefined)
          waits.push(told)
        }
      }
      await Promise.all(waits)
      expect(watch.account.waiting).toBe(0)
      expect(watch.account.waited).toBe(waits.length)
    }),
    { numRuns: often(30) },
  )
})
