import { exports } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { cutLists } from '../../src/cut-lists.ts'
import { newTenant } from '../support/tenant.ts'

let document: any

beforeAll(async () => {
  document = await (await exports.default.fetch('http://localhost/openapi.json')).json()
})

/** What the size of the body bounds alone, and why that is enough. */
const boundedByBody = [
  // Headers, which the platform bounds together; each is matched with a pattern before it is used.
  / (idempotency-key|if-match)$/,
  // Looked up in the list of codes.
  /\/currency$/,
  // Kept as it was sent, up to 256 KiB, and never looked into by a schema.
  /\/(payload|data|serialized_intent|result|config|details|schema)$/,
]

/** What of a schema has no bound, by its place. */
function* unbounded(schema: any, path: string): Generator<string> {
  if (boundedByBody.some((known) => known.test(path))) return
  if (schema.$ref) return yield* unbounded(document.components.schemas[schema.$ref.split('/').at(-1)], path)
  const kinds = new Set([schema.type].flat())
  const isNamed = ['enum', 'const', 'format', 'pattern', 'maxLength'].some((keyword) => keyword in schema)
  if (kinds.has('string') && !isNamed) yield `${path}: text`
  if (kinds.has('array') && !('maxItems' in schema) && !('prefixItems' in schema)) yield `${path}: list`
  if (schema.items) yield* unbounded(schema.items, `${path}/0`)
  for (const one of [schema.anyOf, schema.oneOf, schema.allOf].flat()) if (one) yield* unbounded(one, path)
  for (const [name, one] of Object.entries(schema.properties ?? {})) yield* unbounded(one, `${path}/${name}`)
}

test('every list and every text that a caller sends has a bound', () => {
  const found = Object.values(document.paths).flatMap((item: any) =>
    Object.values(item).flatMap((operation: any) => [
      ...(operation.parameters ?? []).flatMap((one: any) => [
        ...unbounded(one.schema, `${operation.operationId} ${one.name}`),
      ]),
      ...(operation.requestBody
        ? unbounded(operation.requestBody.content['application/json'].schema, operation.operationId)
        : []),
    ]),
  )
  expect(found).toEqual([])
})

test('what is too long is cut before it is judged, and what is not stays as it is', () => {
  const list = z.array(z.enum(['a', 'b'])).max(3)
  const schema = z
    .strictObject({
      types: z.union([z.tuple([z.literal('*')]), list]).default(['*']),
      rows: z
        .array(z.strictObject({ ids: list.nullish() }))
        .max(2)
        .optional(),
      at: z.string().transform(Number).optional(),
      free: z.looseObject({}).optional(),
    })
    .refine(() => true)
  const many = Array.from({ length: 100_000 }, () => 'x')
  const all = Object.fromEntries(many.map((value, n) => [`m${n}`, value]))
  expect(cutLists(schema, { types: many })).toEqual({ types: many.slice(0, 4) })
  expect(cutLists(schema, { rows: [{ ids: many }, {}, {}, {}] })).toEqual({ rows: [{ ids: many.slice(0, 4) }, {}, {}] })
  expect(Object.keys(cutLists(schema, all) as object)).toHaveLength(100)
  for (const same of [{ types: ['a'], rows: [{ ids: null }] }, { free: { many } }, many, 'x', null]) {
    expect(cutLists(schema, same)).toBe(same)
  }
})

test.each([
  ['/v1/webhook-endpoints', { url: 'https://hooks.example.com/' }, 'event_types', 'x'],
  ['/api/v1/claims/bulk', {}, 'claims', {}],
  ['/api/v1/approval-batches', {}, 'claim_ids', ''],
  ['/v1/structuring/gates', { name: 'Gate' }, 'check_ids', ''],
  ['/v1/structuring/gates', { name: 'Gate' }, 'rules', {}],
  ['/v1/structuring/results', { gate_id: 'g', data: {} }, 'reported', {}],
  ['/v1/structuring/checks', { name: 'Check', type: 'allowed_values' }, 'config', null],
])('a body of %s %j that is full of %s is refused for it', async (path, body, name, element) => {
  const admin = (await newTenant()).as('admin')
  const elements = Array.from({ length: Math.floor(1_000_000 / (JSON.stringify(element).length + 1)) }, () => element)
  const filled = { ...body, [name]: name === 'config' ? { field: 'a', values: elements } : elements }
  const { status, body: answer } = await admin(path, { method: 'POST', body: filled })
  expect(status).toBe(422)
  expect(answer.errors.length).toBeLessThanOrEqual(500)
})

test('a detail counts all faults, and says after how many the list of them stops', async () => {
  const member = (await newTenant()).as('member')
  const claims = Array.from({ length: 1_000 }, () => ({}))
  const { body } = await member('/api/v1/claims/bulk', { method: 'POST', body: { claims } })
  expect(body.detail).toMatch(/ \(and 2999 more; errors stops after 500\)\.$/)
  expect(body.errors).toHaveLength(500)
})

test.each(['', '\\ud800'])('of unknown members a hundred are told, whatever else is wrong: %j', async (half) => {
  const member = (await newTenant()).as('member')
  const unknown = Array.from({ length: 2_000 }, (_, n) => `"unknown_${n}":0`).join(',')
  const body = `{"description":"${half}","amount":1,"currency":"EUR",${unknown}}`
  const { body: answer } = await member('/api/v1/claims', { method: 'POST', body })
  const { length } = answer.errors.filter(({ pointer }: { pointer: string }) => pointer.startsWith('/unknown_'))
  expect(length).toBe(100)
})
