import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { setEntity } from '../../src/changes/entities.ts'
import { getChange } from '../../src/changes/read-changes.ts'
import { requestChange } from '../../src/changes/request-change.ts'
import { resolveChange } from '../../src/changes/resolve-change.ts'
import { changeTag } from '../../src/changes/change-tag.ts'
import { Refusal } from '../../src/refusal.ts'
import { often } from '../support/scale.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

type Json = null | string | number | { [member: string]: Json }

const patch = fc.dictionary(
  fc.constantFrom('a', 'b'),
  fc.oneof(fc.constant(null), fc.nat(9), fc.dictionary(fc.constantFrom('a', 'b'), fc.option(fc.nat(9)))),
  { maxKeys: 2 },
)
const entity = fc.constantFrom('x', 'y')
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('create' as const, 'update' as const, 'delete' as const),
      entity,
      patch,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('approve' as const, 'reject' as const, 'approve seen' as const),
      nth: fc.nat(5),
      by: fc.constantFrom('a', 'b'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('set' as const), entity, patch }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** RFC 7396, section 2, word for word. */
function mergePatch(target: Json, patch: Json): Json {
  if (typeof patch !== 'object' || patch === null) return patch
  const result: { [member: string]: Json } = typeof target === 'object' && target !== null ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = mergePatch(result[name] ?? null, value)
  }
  return result
}

async function act(tenant: Tenant, asked: string[], one: Step): Promise<void> {
  const key = 'entity' in one ? { entity_type: 'offer', entity_id: one.entity } : null
  try {
    if (one.do === 'set') {
      await setEntity(tenant.ctx('admin'), { ...key!, entity_name: 'E', data: JSON.stringify(one.patch) }, {})
    } else if ('patch' in one) {
      const payload = one.do === 'delete' ? null : JSON.stringify(one.patch)
      asked.push((await requestChange(tenant.ctx('member'), { ...key!, entity_name: 'E', action: one.do, payload })).id)
    } else if (asked.length > 0) {
      const id = asked[one.nth % asked.length]!
      const ctx = tenant.ctx(one.by, ['admin'])
      const ifMatch = one.do === 'approve seen' ? [changeTag(await getChange(ctx, id))] : null
      await resolveChange(ctx, id, { vote: one.do === 'reject' ? 'reject' : 'approve', comment: null, ifMatch })
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}

test('an entity equals the fold of its versions, which are gapless, and each approved request made exactly one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 }),
      async (rounds) => {
        const tenant = await newTenant()
        const asked: string[] = []
        for (const together of rounds) await Promise.all(together.map((one) => act(tenant, asked, one)))

        const all = async (query: string) => (await env.DB.prepare(query).bind(tenant.id).all<any>()).results
        const versions = await all('SELECT * FROM entity_versions WHERE tenant_id = ? ORDER BY version')
        const entities = await all('SELECT * FROM entities WHERE tenant_id = ?')
        const requests = await all(
          'SELECT a.id, a.status, c.payload FROM approvals a JOIN changes c ON c.approval_id = a.id WHERE a.tenant_id = ?',
        )
        for (const id of ['x', 'y']) {
          const own = versions.filter((version) => version.entity_id === id)
          expect(own.map((version) => version.version)).toEqual(own.map((_, index) => index + 1))
          let folded: Json | undefined
          for (const version of own) {
            const payload = JSON.parse(
              requests.find((request) => request.id === version.approval_id)?.payload ?? 'null',
            )
            if (version.action === 'create') folded = payload
            else if (version.action === 'update') folded = mergePatch(folded!, payload)
            else folded = version.action === 'set' ? JSON.parse(version.data) : undefined
            expect(version.data === null ? undefined : JSON.parse(version.data)).toEqual(folded)
          }
          const stored = entities.find((one) => one.entity_id === id)
          expect(stored && JSON.parse(stored.data)).toEqual(folded)
          if (stored) expect(stored.version).toBe(own.length)
        }
        for (const request of requests) {
          expect(versions.filter((version) => version.approval_id === request.id)).toHaveLength(
            request.status === 'approved' ? 1 : 0,
          )
        }
      },
    ),
    { numRuns: often(90) },
  )
}, 600_000)
