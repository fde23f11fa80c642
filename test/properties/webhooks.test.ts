import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { record } from '../../src/approvals/history.store.ts'
import { takeEvents } from '../../src/webhooks/deliveries.store.ts'
import { eventTypes } from '../../src/webhooks/event-types.ts'
import { newTenant } from '../support/tenant.ts'
import { often } from '../support/scale.ts'

const asked = fc
  .uniqueArray(fc.constantFrom<string>(...eventTypes), { maxLength: 6 })
  .map((types) => (types.length === 0 ? ['*'] : types))

/* Endpoints are kept without a sender here: events are recorded by the store, and taken by hand. */

const step = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('happen' as const),
      type: fc.constantFrom(...eventTypes, 'claim.voted' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('take' as const),
      limit: fc.integer({ min: 1, max: 4 }),
      times: fc.integer({ min: 1, max: 2 }),
    }),
  },
)

test('however events are taken, each that an endpoint has asked for becomes one delivery, in the order of the events', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), asked, async (steps, wanted) => {
      const tenant = await newTenant()
      const endpoint = await tenant.as('admin')('/v1/webhook-endpoints', {
        method: 'POST',
        body: { url: 'https://hooks.example.com/', event_types: wanted },
      })
      const ctx = tenant.ctx('admin')
      const { id } = endpoint.body
      const happened: string[] = []
      for (const one of steps) {
        if (one.do === 'happen') {
          await ctx.db.run(record(ctx, [{ type: one.type, resourceId: `s${happened.length}`, from: null, to: 'x' }]))
          happened.push(one.type)
        } else {
          await Promise.all(
            Array.from({ length: one.times }, () => ctx.db.batch({ taken: takeEvents(ctx, id, one.limit) })),
          )
        }
      }
      for (let n = 0; n <= steps.length; n += 1) await ctx.db.batch({ taken: takeEvents(ctx, id, 1) })
      const { results } = await env.DB.prepare(
        'SELECT event_type FROM webhook_deliveries WHERE endpoint_id = ? ORDER BY event_seq',
      )
        .bind(id)
        .all<{ event_type: string }>()
      const expected = happened.filter((type) => type !== 'claim.voted' && (wanted[0] === '*' || wanted.includes(type)))
      expect(results.map(({ event_type }) => event_type)).toEqual(expected)
    }),
    { numRuns: often(30) },
  )
})
