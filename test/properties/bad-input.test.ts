import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { openApi, operations } from '../support/promised.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'
import { often } from '../support/scale.ts'

/* Whatever is sent to whichever operation: a clear answer of those that the document promises, and never a 500. */

const all = (await operations()).filter(({ security }) => security.length > 0)
const { schemas } = (await openApi()).components
let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant()
})

/** Text as callers never mean it: controls, lone surrogates, quotes, SQL, JSON, other scripts, and plausible ids. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '\u0000',
    '\ud800',
    "'; DROP TABLE approvals; --",
    '$.x',
    '{"a":1}',
    '__proto__',
    'clm_1',
    'APR-0000',
    '😀'.repeat(30),
    'pending',
  ),
  fc.uuid(),
)
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(2 ** 53, -0, 1e308, 0.1))
const value: fc.Arbitrary<unknown> = fc.oneof(
  text,
  number,
  fc.boolean(),
  fc.constant(null),
  fc.array(text, { maxLength: 3 }),
  fc.jsonValue({ maxDepth: 3 }),
)

/** Objects with the members that the operation knows, each there or not, with any value; or no object at all. */
function bodies(members: string[]): fc.Arbitrary<unknown> {
  const known = Object.fromEntries(members.map((name) => [name, value]))
  return fc.oneof(
    { weight: 5, arbitrary: fc.record(known, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.jsonValue() },
  )
}

function membersOf(operation: any): string[] {
  const name = operation.requestBody?.content['application/json'].schema.$ref?.split('/').at(-1)
  return Object.keys(schemas[name]?.properties ?? {})
}

test.each(all)('$operationId', async (operation) => {
  const named = (place: string) =>
    (operation.parameters ?? []).filter((one) => one.in === place).map(({ name }) => name)
  const request = fc.record({
    path: fc.record(
      Object.fromEntries(
        named('path').map((name) => [name, text.filter((part) => part !== '' && part !== '.' && part !== '..')]),
      ),
    ),
    query: fc.record(Object.fromEntries(named('query').map((name) => [name, text])), { requiredKeys: [] }),
    body: bodies(membersOf(operation)),
    ifMatch: fc.option(fc.constantFrom('*', '"1"', '"1-1"', 'W/"1"', '"', '')),
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ path, query, body, ifMatch }) => {
      const filled = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(String(path[name]).toWellFormed()),
      )
      const search = new URLSearchParams(Object.entries(query).map(([name, one]) => [name, String(one).toWellFormed()]))
      const headers = ifMatch === null ? {} : { 'If-Match': ifMatch }
      const call = { method: operation.method, headers, ...(operation.requestBody && { body }) }
      const { status, body: answer } = await tenant.as('admin')(`${filled}?${search}`, call)
      expect([status, status >= 500 ? answer : null]).toEqual([expect.any(Number), null])
      expect(status).toBeLessThan(500)
    }),
    { numRuns: often(24) },
  )
})
