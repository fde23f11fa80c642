import { beforeAll, expect, test } from 'vitest'
import { loadDemo, withKey } from '../support/demo.ts'

/* The examples of docs/policies.md, as they are printed, on the demo data. */

const [guide] = Object.values(
  import.meta.glob<string>('../../docs/policies.md', { query: '?raw', import: 'default', eager: true }),
) as [string]
const admin = withKey('cs_demo_admin')

/** The JSON of a section, or of the n-th example there. */
function example(section: string, n = 0): any {
  const text = guide.split(/^## /m).find((one) => one.startsWith(`${section}\n`))
  const blocks = [...(text ?? '').matchAll(/```json\n([\s\S]*?)```/g)]
  return JSON.parse(blocks[n]![1]!)
}

const make = (section: string) => admin('/v1/policies', { method: 'POST', body: example(section) })

beforeAll(loadDemo)

test.each([
  'Two groups, one after the other',
  'One requirement, in short',
  'An amount of claims, and who asks',
  'What only requests can be',
])('%s', async (section) => {
  const { status, body } = await make(section)
  expect([status, body]).toMatchObject([201, example(section)])
})

test('Policies that nobody could fulfil', async () => {
  expect(await make('Policies that nobody could fulfil')).toMatchObject({
    status: 422,
    body: { code: 'infeasible_quorum', stage: 'second' },
  })
})

test('Seeing before doing', async () => {
  const evaluated = await admin('/v1/policies/evaluate', { method: 'POST', body: example('Seeing before doing') })
  expect(evaluated.body).toMatchObject({ policy: { name: 'Big refunds' }, infeasible: null })
  const simulated = await admin('/v1/policies/simulate', { method: 'POST', body: example('Seeing before doing', 1) })
  expect(simulated.body.matched).toBeGreaterThan(0)
})

test('every member of match is in the table', async () => {
  const { body } = await admin('/openapi.json')
  const members = Object.keys(body.components.schemas.PolicyMatch.properties)
  const [table] = guide.match(/^\| Member[\s\S]*?\n\n/m)!
  expect(members.filter((name) => !table.includes(`\`${name}\``))).toEqual([])
})
