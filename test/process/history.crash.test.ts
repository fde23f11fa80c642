import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runScript } from '../support/run-script.ts'
import { startServer, type Server } from '../support/server.ts'

/* A server that is killed while it seals: it goes on where it was, in order, and says nothing else than before. */

const perCall = 1_000
const calls = 6
const claims = Array.from({ length: perCall }, () => ({ description: 'Taxi', amount: 2300, currency: 'EUR' }))
const kills = [0, 1, 2, 3, 4]
const folder = mkdtempSync(join(tmpdir(), 'countersign-seal-'))
const file = (name: string) => join(folder, name)
let server: Server

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await server?.dispose()
})

const fireCron = () => fetch(`${server.origin}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`)

interface Sealed {
  size: number
  checkpoint: string
  latest: number
}

/** How far the demo tenant's history is sealed, by what is stored: also while the server runs, or is dead. */
function sealed(): Sealed {
  const stored = join(server.state, 'v3/d1/miniflare-D1DatabaseObject')
  const name = readdirSync(stored).find((one) => one.endsWith('.sqlite') && one !== 'metadata.sqlite')!
  const db = new DatabaseSync(join(stored, name), { timeout: 10_000 })
  const latest = "(SELECT max(seq) FROM events WHERE tenant_id = 'demo') AS latest"
  const row = db.prepare(`SELECT size, checkpoint, ${latest} FROM seals WHERE tenant_id = 'demo'`).get()
  db.close()
  return row as unknown as Sealed
}

async function sealedUpTo(wanted: (now: Sealed) => number): Promise<Sealed> {
  for (const deadline = Date.now() + 100_000; Date.now() < deadline; await sleep(1)) {
    const now = sealed()
    if (now.size >= wanted(now)) return now
  }
  throw new Error(`It was not sealed so far: ${sealed().size}`)
}

test.each(kills)('killed in the middle of a seal, %i: it goes on there, and in order', async (moment) => {
  await fireCron()
  const { size } = await sealedUpTo(({ latest }) => latest)
  for (let call = 0; call < calls; call += 1) {
    const submitted = { method: 'POST', body: { claims }, key: 'cs_demo_member' }
    expect((await server.call('/api/v1/claims/bulk', submitted)).status).toBe(201)
  }
  const firing = fireCron().catch(() => undefined)
  await sealedUpTo(() => size + 1 + (moment / kills.length) * 0.7 * calls * perCall)
  await server.kill()
  await firing
  const before = sealed()
  expect(before.size).toBeGreaterThan(size)
  expect(before.size).toBeLessThan(before.latest)
  writeFileSync(file('before.txt'), before.checkpoint)

  await server.restart()
  await fireCron()
  const after = await sealedUpTo(({ latest }) => latest)
  expect(after.latest).toBe(before.latest)
  writeFileSync(file('history.ndjson'), (await server.call('/v1/history/export', { key: 'cs_demo_admin' })).body)
  const known = ['--earlier', file('before.txt')]
  const verified = await runScript(server.state, 'verify-history', file('history.ndjson'), ...known)
  expect([verified.status, verified.stderr]).toEqual([0, ''])
  expect(verified.stdout).toContain(`${after.latest} events of`)
  expect(server.output()).not.toContain('could not be sealed')
})
