import { Validator } from '@cfworker/json-schema'
import { expect, test } from 'vitest'
import { openApi, operations, schemasAlone } from '../support/promised.ts'

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
