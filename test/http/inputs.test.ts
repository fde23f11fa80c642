import { beforeAll, expect, test } from 'vitest'
import { operations } from '../support/promised.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

const guarded = (await operations()).filter(({ security }) => security.length > 0)
let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant()
})

/** The faults of an answer: what they point at, and what they say. */
function faults(body: any): Record<string, string> {
  const list = body.errors
    ? body.errors.map(({ in: part, pointer, message }: any) => [`${part}${pointer}`, message])
    : body.detail.map(({ loc, msg }: any) => [loc.join('/'), msg])
  return Object.fromEntries(list)
}

test.each(guarded)(
  '$operationId refuses a query parameter that it does not know',
  async ({ method, path, requestBody }) => {
    const somewhere = path.replace('{instance_id}', crypto.randomUUID()).replace(/\{\w+\}/g, 'x')
    const { status, body } = await tenant.as('admin')(`${somewhere}?stauts=open`, {
      method,
      ...(requestBody && { body: {} }),
    })
    expect(status).toBe(422)
    expect(faults(body)).toMatchObject({ 'query/stauts': expect.stringContaining('is not a parameter of this') })
  },
)
