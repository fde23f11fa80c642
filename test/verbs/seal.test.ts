import { env } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { verifyExport } from '../../scripts/verify-export.ts'
import type { Ctx } from '../../src/context.ts'
import type { Kept } from '../../src/history/checkpoint.ts'
import { leafOf } from '../../src/history/leaf.ts'
import { leafHash } from '../../src/history/merkle.ts'
import { sealDue } from '../../src/history/seal-due.ts'
import { sealHistory, type Keeper } from '../../src/history/seal.ts'
import { readHashes } from '../../src/history/tiles.ts'
import { submitClaims } from '../support/batches.ts'
import { accused, behindItsBack } from '../support/mutations.ts'
import { sealed } from '../support/sealed.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/* Sealing: step by step, whatever comes between two statements. */

/** What keeps the newest checkpoint, in memory. */
function newKeeper() {
  const all = new Map<string, Kept>()
  const keeper: Keeper = {
    read: async (origin) => all.get(origin) ?? null,
    write: async (kept) => void all.set(kept.origin, kept),
  }
  return { all, keeper, newest: () => [...all.values()].at(-1) }
}

const sealer = (tenant: Tenant): Ctx => tenant.ctx('history', [])

/** Puts events into a tenant's history. */
async function happened(tenant: Tenant, count: number): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
     INSERT INTO events (tenant_id, seq, id, type, resource_id, actor_id, at, from_status, to_status, data, salt)
     SELECT ?1, i + (SELECT coalesce(max(seq), 0) FROM events WHERE tenant_id = ?1), 'evt_' || lower(hex(randomblob(12))), 'a.b', 'r' || i,
       'usr_x', i, NULL, 'b', '{"i":' || i || '}', lower(hex(randomblob(16))) FROM n`,
  )
    .bind(tenant.id, count)
    .run()
}

const rootOf = (tenant: Tenant) =>
  env.DB.prepare('SELECT size, root FROM seals WHERE tenant_id = ?')
    .bind(tenant.id)
    .first<{ size: number; root: string }>()
const exported = async (tenant: Tenant) => (await tenant.as('admin')('/v1/history/export')).body.split('\n')

test('what happens again and again is sealed once and in order, and the whole is verified', async () => {
  const tenant = await newTenant()
  const { keeper, newest } = newKeeper()
  for (const count of [1, 255, 1, 3_000, 7]) {
    await happened(tenant, count)
    expect(await sealHistory(sealer(tenant), keeper)).toBe(false)
  }
  expect(newest()).toMatchObject({ size: 3_264 })
  expect(await verifyExport(await exported(tenant))).toMatchObject({ head: newest() })
})

test('two that seal at once seal the same', async () => {
  const tenant = await newTenant()
  const { keeper } = newKeeper()
  await happened(tenant, 5_000)
  await Promise.all([
    sealHistory(sealer(tenant), keeper),
    sealHistory(sealer(tenant), keeper),
    sealHistory(sealer(tenant), keeper),
  ])
  expect(await rootOf(tenant)).toMatchObject({ size: 5_000 })
  await verifyExport(await exported(tenant))
})

test('killed after a step and before its checkpoint was kept outside, it goes on', async () => {
  const tenant = await newTenant()
  const { keeper, newest } = newKeeper()
  await happened(tenant, 300)
  await sealHistory(sealer(tenant), keeper)
  await happened(tenant, 1_500)
  const killed: Keeper = { ...keeper, write: () => Promise.reject(new Error('killed')) }
  await expect(async () => sealHistory(sealer(tenant), killed)).rejects.toThrow('killed')
  expect([newest()?.size, (await rootOf(tenant))?.size]).toEqual([300, 1_324])
  await sealHistory(sealer(tenant), keeper)
  expect(newest()?.size).toBe(1_800)
  await verifyExport(await exported(tenant))
})

test('a sealed tree that was changed is not sealed over', async () => {
  const tenant = await newTenant()
  const { keeper } = newKeeper()
  await happened(tenant, 300)
  await sealHistory(sealer(tenant), keeper)
  await env.DB.prepare("UPDATE seal_tiles SET hashes = 'A' || substr(hashes, 2) WHERE tenant_id = ? AND level = 1")
    .bind(tenant.id)
    .run()
  await happened(tenant, 1)
  const { root } = (await rootOf(tenant))!
  await expect(async () => sealHistory(sealer(tenant), keeper)).rejects.toThrow('history_forked')
  expect(await rootOf(tenant)).toEqual({ size: 300, root })
})

/** What is stored of a tenant's seals, to be put back later. */
async function snapshot(tenant: Tenant): Promise<() => Promise<void>> {
  const tables = ['seals', 'seal_tiles', 'sealed_events']
  const before = await env.DB.batch<Record<string, unknown>>(
    tables.map((table) => env.DB.prepare(`SELECT * FROM ${table} WHERE tenant_id = ?`).bind(tenant.id)),
  )
  const seq = await env.DB.prepare('SELECT max(seq) AS seq FROM events WHERE tenant_id = ?')
    .bind(tenant.id)
    .first('seq')
  const put = tables.flatMap((table, index) => [
    env.DB.prepare(`DELETE FROM ${table} WHERE tenant_id = ?`).bind(tenant.id),
    ...before[index]!.results.map((row) =>
      env.DB.prepare(
        `INSERT INTO ${table} (${Object.keys(row).join()}) VALUES (${Object.keys(row)
          .map(() => '?')
          .join()})`,
      ).bind(...Object.values(row)),
    ),
  ])
  return () =>
    behindItsBack(async () => {
      await env.DB.batch([
        ...put,
        env.DB.prepare('DELETE FROM events WHERE tenant_id = ? AND seq > ?').bind(tenant.id, seq),
      ])
    })
}

test('a database that was set back is noticed by the checkpoint outside: it is said, and nothing is sealed over it', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  await submitClaims(tenant.as('member'), 2)
  await sealed(tenant.id)
  const setBack = await snapshot(tenant)
  await submitClaims(tenant.as('member'), 3)
  await sealed(tenant.id)
  const { body: published } = await admin('/v1/history/checkpoint')
  await setBack()
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  const answer = await admin('/v1/history/checkpoint')
  expect([answer.status, answer.body.code, answer.body.checkpoint]).toEqual([
    409,
    'history_forked',
    published.checkpoint,
  ])
  expect(await accused(await exported(tenant))).toBe(3)
  await submitClaims(tenant.as('member'), 1)
  await env.HISTORY_SEALER.getByName(tenant.id).wake(tenant.id)
  await vi.waitFor(() => expect(JSON.stringify(said.mock.calls)).toContain('a history could not be sealed'), 10_000)
  expect((await rootOf(tenant))?.size).toBe(2)
  said.mockRestore()
})

test('a history that is made to look like that of another log is not sealed, and it is said', async () => {
  const tenant = await newTenant()
  await submitClaims(tenant.as('member'), 2)
  await sealed(tenant.id)
  const { keeper } = newKeeper()
  await env.DB.prepare('UPDATE tenants SET created_at = 5 WHERE id = ?').bind(tenant.id).run()
  expect((await tenant.as('admin')('/v1/history/checkpoint')).body.code).toBe('history_forked')
  await expect(async () => sealHistory(sealer(tenant), keeper)).rejects.toThrow('history_forked')
})

test('another history that somebody with the key has signed is told by the checkpoints outside, and where it begins', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const checkpoints: string[] = []
  let setBack = async () => {}
  for (const count of [2, 3]) {
    await submitClaims(tenant.as('member'), count)
    await sealed(tenant.id)
    checkpoints.push((await admin('/v1/history/checkpoint')).body.checkpoint)
    if (count === 2) setBack = await snapshot(tenant)
  }
  await setBack()
  await submitClaims(tenant.as('member'), 7)
  await sealHistory(sealer(tenant), newKeeper().keeper)
  expect(await rootOf(tenant)).toMatchObject({ size: 9 })
  const answer = await admin('/v1/history/checkpoint')
  expect([answer.body.code, answer.body.checkpoint]).toEqual(['history_forked', checkpoints[1]])
  const lines = await exported(tenant)
  expect(await accused(lines)).toBeNull()
  const earlier = { earlier: checkpoints }
  await expect(async () => verifyExport(lines, earlier)).rejects.toThrow(
    /^event 3 or one behind it, up to event 5, is not the one that was sealed earlier: there are two histories$/,
  )
})

test('an event that was changed with all that was made of it is told by the root that was signed, as far as that can', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  await happened(tenant, 4)
  await sealed(tenant.id)
  const earlier = [(await admin('/v1/history/checkpoint')).body.checkpoint]
  await happened(tenant, 3)
  await sealed(tenant.id)
  await behindItsBack(() =>
    env.DB.prepare("UPDATE events SET actor_id = 'usr_other' WHERE tenant_id = ? AND seq = 6").bind(tenant.id).run(),
  )
  const [row] = (await admin('/v1/events?after=5&limit=1')).body.data
  const tile = (await env.DB.prepare('SELECT hashes FROM seal_tiles WHERE tenant_id = ?')
    .bind(tenant.id)
    .first<string>('hashes'))!
  const hashes = readHashes(tile).with(5, leafHash(leafOf(row)))
  const forged = new Uint8Array(hashes.flatMap((hash) => [...hash])).toBase64()
  await env.DB.prepare('UPDATE seal_tiles SET hashes = ? WHERE tenant_id = ?').bind(forged, tenant.id).run()
  const lines = await exported(tenant)
  expect(await accused(lines)).toBe(1)
  await expect(async () => verifyExport(lines, { earlier })).rejects.toThrow(
    'event 5 or one behind it, up to event 7, is not the one that was signed',
  )
  expect((await admin('/v1/history/checkpoint')).body.code).toBe('history_forked')
})

test('without a signing key nothing is sealed and it is said; with one it is caught up', async () => {
  const tenant = await newTenant()
  const { keeper } = newKeeper()
  await submitClaims(tenant.as('member'), 2)
  const keyless = { ...sealer(tenant), env: { ...env, HISTORY_SIGNING_KEY: undefined } }
  await expect(async () => sealHistory(keyless, keeper)).rejects.toThrow('signing_unavailable')
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  expect(await sealDue(keyless)).toBe(0)
  expect(JSON.stringify(said.mock.calls)).toContain('npm run signing-key')
  said.mockRestore()
  await sealHistory(sealer(tenant), keeper)
  expect((await rootOf(tenant))?.size).toBe(2)
})

test('cron finds who has something to seal, and only them', async () => {
  const [busy, idle] = [await newTenant(), await newTenant()]
  await submitClaims(busy.as('member'), 2)
  await submitClaims(idle.as('member'), 1)
  await sealed(idle.id)
  const listed = async () => {
    const { results } = await env.DB.prepare('SELECT tenant_id FROM unsealed_tenants').all<{ tenant_id: string }>()
    return results.map(({ tenant_id }) => tenant_id)
  }
  expect(await listed()).toContain(busy.id)
  expect(await listed()).not.toContain(idle.id)
  await sealDue(sealer(busy))
  await vi.waitFor(async () => expect(await listed()).not.toContain(busy.id), 10_000)
  expect((await rootOf(busy))?.size).toBe(2)
})
