import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import {
  accused,
  eventfulTenant,
  firstUnfit,
  mutated,
  otherThan,
  seeded,
  storedHistory,
  type Stored,
} from '../support/mutations.ts'
import { often } from '../support/scale.ts'
import type { Tenant } from '../support/tenant.ts'

/* Whatever is changed in a sealed history, verification names the first event that does not fit, and no other. */

let tenant: Tenant
let stored: Stored

beforeAll(async () => {
  tenant = await eventfulTenant()
  stored = await storedHistory(tenant)
})

test('what was not changed is not accused', async () => {
  expect(stored.rows.filter(({ vote }) => vote !== null).length).toBeGreaterThanOrEqual(4)
  expect(await firstUnfit(stored)).toBeNull()
})

test('10,000 random changes are each named by the first event that does not fit', async () => {
  const random = seeded(Date.now())
  const missed: unknown[] = []
  const tried = new Set<string>()
  for (let time = 0; time < 10_000; time += 1) {
    const { changed, first, how } = mutated(stored, random)
    tried.add(how)
    const named = await firstUnfit(changed)
    if (named !== first) missed.push({ how, first, named })
  }
  expect(missed.slice(0, 5)).toEqual([])
  expect(tried.size).toBeGreaterThanOrEqual(20)
}, 300_000)

test('a change in the database itself is named too', async () => {
  await env.DB.batch([
    env.DB.prepare('DROP TRIGGER events_never_change'),
    env.DB.prepare('DROP TRIGGER events_never_go'),
  ])
  const random = seeded(Date.now())
  const pick = (count: number) => Math.floor(random() * count)
  const exported = async () => (await tenant.as('admin')('/v1/history/export')).body.split('\n')
  expect(await accused(await exported())).toBeNull()
  const votes = stored.rows.filter(({ vote }) => vote !== null)
  const ofEvents = ['id', 'type', 'resource_id', 'actor_id', 'at', 'from_status', 'to_status', 'digest', 'data', 'salt']
  const ofVotes = [
    'revision',
    'vote',
    'voter_id',
    'voided_at',
    'decision_id',
    'stage',
    'counted_with',
    'comment',
    'voted_at',
    'reported_by',
  ]
  let changes = 0
  for (let time = 0; time < often(240); time += 1) {
    const isVote = time % 2 === 0
    const row = isVote ? votes[pick(votes.length)]! : stored.rows[pick(stored.rows.length)]!
    const column = isVote ? ofVotes[pick(ofVotes.length)]! : ofEvents[pick(ofEvents.length)]!
    const where = isVote
      ? `votes WHERE approval_id = '${row.resource_id}' AND decision_id = '${JSON.parse(row.vote!).decision_id}'`
      : `events WHERE tenant_id = '${tenant.id}' AND seq = ${row.seq}`
    const [table] = where.split(' ')
    const before = (await env.DB.prepare(`SELECT * FROM ${where}`).first<Record<string, string | number | null>>())!
    const value = otherThan(before[column] ?? null, pick)
    const names = Object.keys(before)
    const whole = `INSERT INTO ${table} (${names.join()}) VALUES (${names.map(() => '?').join()})`
    try {
      await env.DB.batch([
        env.DB.prepare(`DELETE FROM ${where}`),
        env.DB.prepare(whole).bind(...names.map((name) => (name === column ? value : before[name]))),
      ])
    } catch {
      continue // The database has refused it.
    }
    changes += 1
    const named = await accused(await exported())
    await env.DB.prepare(
      isVote
        ? `DELETE FROM votes WHERE approval_id = '${row.resource_id}' AND decision_id IN ('${before.decision_id}', '${column === 'decision_id' ? value : before.decision_id}')`
        : `DELETE FROM ${where}`,
    ).run()
    await env.DB.prepare(whole)
      .bind(...names.map((name) => before[name]))
      .run()
    expect([table, column, named]).toEqual([table, column, row.seq])
  }
  expect(changes).toBeGreaterThan(often(240) / 3)
  expect(await accused(await exported())).toBeNull()
}, 300_000)

test('a vote that is gone, an event that is gone, and a forged signature are noticed', async () => {
  const exported = async () => (await tenant.as('admin')('/v1/history/export')).body.split('\n')
  const vote = stored.rows.find(({ vote }) => vote !== null)
  const lines = await exported()
  const forged = lines.map((line: string) =>
    line.startsWith('{"checkpoint"') ? line.replace(/(— \S+ )(.{20})/, '$1AAAA$2') : line,
  )
  expect(await accused(forged)).toBe(0)
  await env.DB.prepare('DELETE FROM votes WHERE approval_id = ?').bind(vote!.resource_id).run()
  expect(await accused(await exported())).toBe(vote!.seq)
  await env.DB.prepare('DELETE FROM events WHERE tenant_id = ? AND seq = 2').bind(tenant.id).run()
  expect(await accused(await exported())).toBe(2)
})
