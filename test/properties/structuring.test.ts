import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemContext } from '../../src/context.ts'
import { Refusal } from '../../src/refusal.ts'
import { approveDueResults } from '../../src/structuring/decide-due-results.ts'
import { checkTypes, configFaults, type CheckType } from '../../src/structuring/check-config.ts'
import { decideResult } from '../../src/structuring/decide-result.ts'
import { evaluate } from '../../src/structuring/evaluate.ts'
import { ready } from '../../src/structuring/judge.ts'
import { compare, JsonReader } from '../../src/json-reader.ts'
import { submitResult } from '../../src/structuring/submit-result.ts'
import { invoiceGate } from '../support/gates.ts'
import { newTenant } from '../support/tenant.ts'
import { often } from '../support/scale.ts'

const resultCount = 3

/** What somebody, or the clock, does about the results; several at the same moment. */
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('approve' as const, 'reject' as const),
      result: fc.nat({ max: resultCount - 1 }),
      by: fc.constantFrom('result' as const, 0 as const, 1 as const),
      who: fc.constantFrom('ann', 'ben'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('come due' as const), result: fc.nat({ max: resultCount - 1 }) }),
  },
)

test('whatever order people, retries and sweeps come in: one decision, its items cleared, its action set off once', async () => {
  const tenant = await newTenant()
  const endpoint = await tenant.as('admin')('/v1/webhook-endpoints', {
    method: 'POST',
    body: { url: 'https://hooks.example.com/', enabled: false },
  })
  const toEndpoint = { type: 'webhook', endpoint_id: endpoint.body.id }
  const gate_id = await invoiceGate(tenant.as('admin'), { on_approve: toEndpoint, auto_approve_after_hours: 1 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(action, { minLength: 1, maxLength: 4 }), { maxLength: 6 }), async (moments) => {
      const held = { gate_id, data: '{"total":2000000}', confidence: null, reported: [], external_ref: null }
      const results: { id: string; items: string[] }[] = []
      for (let n = 0; n < resultCount; n += 1) {
        const { result, checks } = await submitResult(tenant.ctx('service'), held)
        results.push({ id: result.id, items: checks.map(({ id }) => id) })
      }
      const act = async (one: (typeof moments)[number][number]) => {
        if (one.do === 'sweep') return approveDueResults(systemContext(env, 'system:maintenance', Date.now()))
        const { id, items } = results[one.result]!
        if (one.do === 'come due') return env.DB.prepare('UPDATE approvals SET due_at = 1 WHERE id = ?').bind(id).run()
        const target = one.by === 'result' ? id : items[one.by]!
        const decision = { vote: one.do, comment: null, ifMatch: null }
        return decideResult(tenant.ctx(one.who, ['reviewer']), target, decision).catch((error: unknown) => {
          if (!(error instanceof Refusal)) throw error
        })
      }
      for (const moment of moments) await Promise.all(moment.map(act))
      for (const { id } of results) {
        const row = await env.DB.prepare(
          `SELECT status, (SELECT count(*) FROM events e WHERE e.resource_id = a.id AND e.type = 'result.' || a.status) AS decided,
            (SELECT count(*) FROM events e WHERE e.resource_id = a.id) AS events,
            (SELECT count(*) FROM check_results c WHERE c.result_id = a.id AND c.queued = 1 AND c.cleared_at IS NULL) AS waiting,
            (SELECT count(*) FROM webhook_addressees w WHERE w.resource_id = a.id AND w.members ->> '$.gate_action' = 'on_approve') AS set_off
           FROM approvals a WHERE a.id = ?`,
        )
          .bind(id)
          .first()
        const isPending = row!.status === 'pending'
        expect(row).toEqual({
          status: row!.status,
          decided: isPending ? 0 : 1,
          events: isPending ? 1 : 2,
          waiting: isPending ? 2 : 0,
          set_off: row!.status === 'approved' ? 1 : 0,
        })
      }
    }),
    { numRuns: often(40) },
  )
  const { results: tally } = await env.DB.prepare(
    `SELECT pending - (SELECT count(*) FROM approvals WHERE tenant_id = ?1 AND kind = 'result' AND status = 'pending') AS off
     FROM tallies WHERE tenant_id = ?1 AND kind = 'result' AND facet = ''`,
  )
    .bind(tenant.id)
    .all()
  expect(tally).toEqual([{ off: 0 }])
})

/** Configs as a caller may well send them, right and wrong. */
const field = fc.constantFrom('a', '/a', '/a/0', '/b/c', 'b', '', '/', '/~', '/a~0', '__proto__', 'toString')
const config = fc.record(
  {
    field,
    left: field,
    right: field,
    op: fc.constantFrom('==', '<', 'gte', '!=', '~'),
    min: fc.oneof(fc.integer(), fc.double({ noNaN: true })),
    max: fc.integer(),
    pattern: fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('(a+)+$', '^\\d+$', '(', 'a{1000}', '\\pL')),
    values: fc.array(fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))),
    schema: fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant({ type: 'object', required: ['a'] })),
  },
  { requiredKeys: [] },
)
const members: Record<CheckType, string[]> = {
  value_range: ['field', 'min', 'max'],
  field_format: ['field', 'pattern'],
  required_field: ['field'],
  allowed_values: ['field', 'values'],
  cross_field: ['left', 'op', 'right'],
  json_schema: ['schema'],
  reported: [],
}

test('a config that has no faults judges any data without throwing, and says why it fails', async () => {
  const known = fc.record({ a: fc.jsonValue({ maxDepth: 2 }), b: fc.jsonValue({ maxDepth: 2 }) }, { requiredKeys: [] })
  let judged = 0
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...checkTypes), config, known, async (type, all, data) => {
      const own = Object.fromEntries(Object.entries(all).filter(([name]) => members[type].includes(name)))
      const text = JSON.stringify(own)
      if ((await configFaults(type, JSON.parse(text))).length > 0) return
      judged += 1
      const check = await ready({ id: 'c', name: 'c', type, severity: 'error', config: text })
      const json = JSON.stringify(data)
      const submission = { data: new JsonReader(json), plain: JSON.parse(json), confidence: null, reported: new Map() }
      const [outcome] = evaluate({ checks: [check], rules: [], queue_warnings: true }, submission)
      expect(outcome!.passed).toBe(outcome!.details === null)
      expect(JSON.stringify(outcome!.details)).not.toContain('could not be judged')
      expect(JSON.stringify(outcome!.details).length).toBeLessThan(3_000)
    }),
    { numRuns: often(3_000) },
  )
  expect(judged).toBeGreaterThan(often(900))
})

test('numbers are ordered as the decimals that they are', () => {
  const decimal = fc
    .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 25n }), fc.nat({ max: 20 }))
    .map(([minus, digits, scale]) => ({ minus, digits, scale }))
  const written = ({ minus, digits, scale }: { minus: boolean; digits: bigint; scale: number }) => {
    const padded = String(digits).padStart(scale + 1, '0')
    const whole = padded.slice(0, padded.length - scale)
    return `${minus ? '-' : ''}${whole}${scale > 0 ? `.${padded.slice(-scale)}` : ''}`
  }
  const scaled = ({ minus, digits, scale }: { minus: boolean; digits: bigint; scale: number }) =>
    (minus ? -digits : digits) * 10n ** BigInt(20 - scale)
  fc.assert(
    fc.property(decimal, decimal, (a, b) => {
      const expected = scaled(a) < scaled(b) ? -1 : scaled(a) > scaled(b) ? 1 : 0
      expect(compare({ type: 'number', text: written(a) }, { type: 'number', text: written(b) })).toBe(expected)
    }),
  )
})
