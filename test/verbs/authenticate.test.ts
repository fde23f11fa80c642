import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { authenticate, noteUse } from '../../src/access/authenticate.ts'
import { openDb } from '../../src/db/open-db.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* What an isolate remembers of a key, when something is taken from it elsewhere: here, by SQL behind its back. */

const second = 1_000
const soon = Date.UTC(2026, 2, 16, 12)

async function known(tenant: Tenant) {
  const secret = await tenant.key('ann', ['member', 'reviewer'])
  const db = openDb(env.DB, 'first-primary')
  const at = (ms: number) => authenticate(db, secret, soon + ms, async () => {})
  expect((await at(0))?.actor.roles).toEqual(['member', 'reviewer'])
  return { db, at }
}

const elsewhere = (tenant: Tenant, update: string) =>
  env.DB.prepare(`UPDATE ${update} WHERE tenant_id = ?`).bind(tenant.id).run()

test.each(['api_keys SET revoked_at = 1', 'people SET disabled = 1'])(
  'after %s elsewhere a key is good for less than 30 seconds',
  async (update) => {
    const tenant = await newTenant()
    const { db, at } = await known(tenant)
    await elsewhere(tenant, update)
    const { queries } = db.cost
    expect(await at(24 * second)).not.toBeNull()
    expect(db.cost.queries).toBe(queries)
    expect(await at(29 * second)).toBeNull()
  },
)

test('a role that its person has lost elsewhere is gone within 30 seconds; a key has no role that its person has not', async () => {
  const tenant = await newTenant()
  const { at } = await known(tenant)
  await elsewhere(tenant, `people SET roles = '["admin", "reviewer"]'`)
  expect((await at(29 * second))?.actor.roles).toEqual(['reviewer'])
})

test('it is known who made a key for somebody else', async () => {
  const tenant = await newTenant()
  const { at } = await known(tenant)
  expect((await at(0))?.actor.keyMadeBy).toBe('usr_setup')
  await elsewhere(tenant, `api_keys SET created_by = person_id`)
  expect((await at(29 * second))?.actor.keyMadeBy).toBeNull()
})

test('the day of its use is written once a day', async () => {
  const tenant = await newTenant()
  const { db, at } = await known(tenant)
  const days = async (ms: number) => {
    const used = (await at(ms))!
    const { rowsWritten } = db.cost
    await noteUse(db, used)
    const day = await env.DB.prepare('SELECT last_used_on FROM api_keys WHERE tenant_id = ?').bind(tenant.id).first()
    return [used.firstUseOn, db.cost.rowsWritten - rowsWritten, day?.last_used_on]
  }
  const again = (await at(60 * second))!
  expect(again.firstUseOn).toBe('2026-03-16')
  await noteUse(db, again)
  // Another isolate, which has read the key before that, writes nothing.
  await noteUse(db, again)
  expect(await days(120 * second)).toEqual([null, 0, '2026-03-16'])
  expect(await days(24 * 3_600 * second)).toEqual(['2026-03-17', 1, '2026-03-17'])
  expect(await days(24 * 3_600 * second + 1)).toEqual([null, 0, '2026-03-17'])
})
