import { Validator } from '@cfworker/json-schema'
import { expect, test } from 'vitest'
import { appliedTypes } from '../../src/changes/applied-types.ts'
import { refusedVotes } from '../../src/http/ballots.ts'
import { openApi, operations, schemasAlone } from '../support/promised.ts'
import { newTenant } from '../support/tenant.ts'

const all = await operations()
const { components, tags: described } = (await openApi()) as any
const tags = described.map(({ name }: { name: string }) => name)

/** Whether a schema says by example what it takes: as a whole, or member by member. */
function hasExample(schema: any): boolean {
  const resolved = schema?.$ref ? components.schemas[schema.$ref.split('/').at(-1)] : schema
  if (!resolved) return false
  if (resolved.example !== undefined || resolved.examples !== undefined || resolved.default !== undefined) return true
  if (resolved.items) return hasExample(resolved.items)
  if (resolved.properties) return Object.values(resolved.properties).some((member) => hasExample(member))
  return false
}

test.each(all)('$operationId is whole: id, tags, summary, security, every refusal, examples', (operation: any) => {
  expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/)
  expect(operation.tags).toHaveLength(1)
  expect(tags).toContain(operation.tags[0])
  expect(operation.summary).toBeTruthy()
  // A sentence beyond who may.
  expect(operation.description.replace(/(Any role|Roles: [\w, ]+)\.$/, '').trim()).toMatch(/\.$/)
  if (operation.security.length > 0) {
    expect(operation.security).toEqual([{ bearer: [] }, { apiKey: [] }])
    for (const status of ['401', '403', '429', '500', '503']) {
      expect(
        Object.keys(operation.responses[status].content['application/problem+json'].examples).length,
      ).toBeGreaterThan(0)
    }
  }
  if (operation.requestBody) {
    for (const status of ['400', '413', '415', '422']) expect(operation.responses).toHaveProperty(status)
    expect([operation.operationId, hasExample(operation.requestBody.content['application/json'].schema)]).toEqual([
      operation.operationId,
      true,
    ])
  }
  for (const status of ['200', '201']) {
    const schema = operation.responses[status]?.content['application/json']?.schema
    if (schema && operation.operationId !== 'getOpenApiDocument')
      expect([operation.operationId, hasExample(schema)]).toEqual([operation.operationId, true])
  }
})

test('operation ids are unique, and the names that clients know are there', () => {
  const ids = all.map(({ operationId }) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toEqual(expect.arrayContaining(['processBatch', 'getBatchResult', 'cancelBatch']))
})

/** The codes that an operation says it may refuse with. */
function refusedWith({ responses }: any): string[] {
  return Object.values<any>(responses).flatMap(({ description }) =>
    [...description.matchAll(/`(\w+)`: /g)].map(([, code]) => code),
  )
}

test('every decision says all that it may be refused for, and that it was withdrawn where it can be', () => {
  const named = (verbs: RegExp) => all.flatMap((one) => (verbs.test(one.operationId) ? [one] : []))
  const subject = (id: string) => id.replace(/^[a-z]+/, '')
  const withdrawn = new Set(['Approval', ...named(/^withdraw/).map(({ operationId }) => subject(operationId))])
  const decisions = named(/^(approve|reject|resolve)(Approval|Claim|Change|Intent|Request|Result)$/)
  expect(decisions).toHaveLength(10)
  for (const decision of decisions) {
    const codes = refusedWith(decision)
    expect([decision.operationId, codes]).toEqual([decision.operationId, expect.arrayContaining([...refusedVotes])])
    const canBe = withdrawn.has(subject(decision.operationId))
    expect([decision.operationId, codes.includes('already_withdrawn')]).toEqual([decision.operationId, canBe])
  }
})

test('whatever is asked, anew or as amended, may lack what a policy looks at', () => {
  const asking = /^(submitClaims?|requestChange|requestIntent|createRequest|amendRequest|approveRequest|submitResult)$/
  const asked = all.filter(({ operationId }) => asking.test(operationId))
  expect(asked).toHaveLength(8)
  for (const one of asked) expect([one.operationId, ...refusedWith(one)]).toContain('policy_needs_member')
})

test('a body that must not be empty says so, and no other does', async () => {
  const admin = (await newTenant()).as('admin')
  for (const { operationId, method, path, requestBody } of all) {
    const schema = (requestBody as any)?.content['application/json'].schema
    const resolved = schema?.$ref ? components.schemas[schema.$ref.split('/').at(-1)] : schema
    if (!resolved || resolved.required?.length > 0) continue
    const somewhere = path.replace('{instance_id}', crypto.randomUUID()).replace(/\{\w+\}/g, 'x')
    const { status, body } = await admin(somewhere, { method, body: {} })
    const isRefused = status === 422 && body.errors.some((fault: any) => fault.in === 'body')
    expect([operationId, resolved.minProperties]).toEqual([operationId, isRefused ? 1 : undefined])
  }
})

test('an entity is set by a type that is stored here, as its path says', () => {
  const { parameters } = all.find(({ operationId }) => operationId === 'setEntity') as any
  const { schema } = parameters.find(({ name }: any) => name === 'entityType')
  expect(schema.enum).toEqual(appliedTypes)
})

test('creations take an Idempotency-Key', () => {
  for (const { operationId, method, responses, parameters } of all) {
    if (method !== 'POST' || !responses['201']) continue
    expect([operationId, parameters?.some((one) => one.name === 'idempotency-key')]).toEqual([operationId, true])
  }
})

test('every example of a schema fits it', async () => {
  const alone = await schemasAlone()
  for (const [name, schema] of Object.entries<any>(components.schemas)) {
    if (schema.example === undefined) continue
    const { errors } = new Validator({ ...alone.schemas[name], components: alone } as never, '2020-12', false).validate(
      schema.example,
    )
    expect([name, errors]).toEqual([name, []])
  }
})
