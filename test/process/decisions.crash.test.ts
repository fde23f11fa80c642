import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { isLong } from '../support/scale.ts'
import { startServer, type Server } from '../support/server.ts'

const crowd = isLong ? 1_000 : 100
let server: Server

beforeAll(async () => {
  server = await startServer({ LOG_REQUESTS: 'json' })
})
afterAll(async () => {
  await server?.dispose()
})

async function pendingClaim(): Promise<string> {
  const body = { description: 'Train to Bern', amount: 4250, currency: 'CHF' }
  return (await server.call('/api/v1/claims', { method: 'POST', body, key: 'cs_demo_member' })).body.claim_id
}

const decision = async (id: string, wait: number) =>
  (await server.call(`/v1/approvals/${id}/decision?wait=${wait}`, { key: 'cs_demo_member' })).body.status as string
const approve = (id: string) => server.call(`/api/v1/claims/${id}/approve`, { method: 'POST' })
const together = <T>(one: () => Promise<T>) => Promise.all(Array.from({ length: crowd }, one))

/** What the watch has logged when nobody waited any more, the last time. */
const logged = () =>
  server
    .output()
    .split('\n')
    .filter((line) => line.includes('"waited for decisions"'))
    .map((line) => JSON.parse(line) as { waits: number; db: { queries: number } })
    .at(-1)

test('all the connections that wait for one approval all hear of it, by five queries at the most', async () => {
  const id = await pendingClaim()
  const began = Date.now()
  await together(() => decision(id, 0))
  const asLongAsReading = Date.now() - began

  const asked = Date.now()
  let heard = 0
  const answers = together(() => decision(id, 50).finally(() => (heard += 1)))
  await sleep(2_000 + asLongAsReading)
  expect(heard).toBe(0)
  await approve(id)
  const decided = Date.now()
  expect(new Set(await answers)).toEqual(new Set(['approved']))
  // Two seconds; where the machine is so busy that even reading takes longer, as long as that.
  expect(Date.now() - decided).toBeLessThanOrEqual(Math.max(2_000, 2 * asLongAsReading))
  await vi.waitFor(() => expect(logged()?.waits).toBe(crowd), 10_000)
  // A busy machine has the watch look by itself once more for each five seconds that the test takes.
  expect(logged()!.db.queries).toBeLessThanOrEqual(Math.max(5, 3 + (Date.now() - asked) / 5_000))
})

test.each(isLong ? ['before', 'after'] : ['after'])(
  'killed and restarted %s the decision, a waiter that asks again is answered',
  async (when) => {
    const ids = [await pendingClaim(), await pendingClaim()]
    const lost = ids.map((id) => decision(id, 50).catch(() => 'lost'))
    await sleep(500)
    if (when === 'after') {
      // The server may die before it has told anybody.
      const answered = approve(ids[0]!).catch(() => undefined)
      await sleep(5)
      await server.kill()
      await answered
    } else await server.kill()
    expect((await Promise.all(lost))[1]).toBe('lost')
    await server.restart()
    const again = ids.map((id) => decision(id, 50))
    for (const id of ids) await approve(id)
    expect(await Promise.all(again)).toEqual(['approved', 'approved'])
  },
)
