import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import {
  accused,
  behindItsBack,
  firstUnfit,
  mutated,
  otherThan,
  seeded,
  storedHistory,
  variedTenant,
  type Stored,
} from '../support/mutations.ts'
import { isLong } from '../support/scale.ts'
import type { Tenant } from '../support/tenant.ts'

/* Whatever is changed in a sealed history, verification names the first event that does not fit, and no other. */

type Value = string | number | null
type Row = Record<string, Value>

let tenant: Tenant
let stored: Stored

beforeAll(async () => {
  tenant = await variedTenant()
  stored = await storedHistory(tenant)
})

const exported = async () => (await tenant.as('admin')('/v1/history/export')).body.split('\n')
const ofVotes = () => stored.rows.filter(({ vote }) => vote !== null)
const standings = () => ofVotes().map(({ standing }) => JSON.parse(standing!))

test('what was not changed is not accused, whatever has become of its votes', async () => {
  expect(await firstUnfit(stored)).toBeNull()
  expect(await accused(await exported())).toBeNull()
  expect(standings().filter(({ voided_at }) => voided_at > 0).length).toBeGreaterThanOrEqual(3)
  expect(standings().filter(({ follows }) => follows === 1).length).toBeGreaterThanOrEqual(1)
  expect(standings().filter(({ requirement }) => requirement > 0).length).toBeGreaterThanOrEqual(1)
  expect(stored.rows.filter(({ erased_at }) => erased_at !== null).length).toBeGreaterThanOrEqual(2)
})

test('10,000 random changes in the long run are each named by the first event that does not fit', async () => {
  const seed = Date.now()
  const random = seeded(seed)
  const missed: unknown[] = []
  const tried = new Set<string>()
  for (let time = 0; time < (isLong ? 10_000 : 3_000); time += 1) {
    const { changed, first, how } = mutated(stored, random)
    tried.add(how)
    const named = await firstUnfit(changed, first - 1)
    if (named !== first) missed.push({ seed, how, first, named })
  }
  expect(missed.slice(0, 5)).toEqual([])
  expect(tried.size).toBeGreaterThanOrEqual(24)
}, 300_000)

test('a change of any column of an event or a vote in the database is named, and no other event is', async () => {
  const pick = dice()
  for (const table of ['events', 'votes'] as const) {
    for (const column of await columnsOf(table)) {
      let changes = 0
      for (let tries = 0; changes < (isLong ? 10 : 1) && tries < 400; tries += 1) {
        const rows = table === 'votes' ? ofVotes() : stored.rows
        const event = rows[pick(rows.length)]!
        const row = (await rowOf(table, event.seq))!
        const named = await withOther(table, row, column, otherValue(column, row[column] ?? null, pick))
        if (named === 'refused') continue
        changes += 1
        expect([table, column, row, named]).toEqual([table, column, row, event.seq])
      }
      expect([table, column, changes > 0]).toEqual([table, column, true])
    }
  }
  expect(await accused(await exported())).toBeNull()
}, 600_000)

test('two events or two votes that have changed places are named by the first of them', async () => {
  const pick = dice()
  for (let time = 0; time < (isLong ? 36 : 6); time += 1) {
    const table = time % 2 === 0 ? 'events' : 'votes'
    const rows = table === 'votes' ? ofVotes() : stored.rows
    const first = rows[pick(rows.length - 1)]!
    const second = rows.find(({ seq }) => seq > first.seq)!
    const [one, two] = [(await rowOf(table, first.seq))!, (await rowOf(table, second.seq))!]
    const place = keys[table]
    const swapped = [atPlaceOf(two, one), atPlaceOf(one, two)]
    function atPlaceOf(row: Row, at: Row): Row {
      return { ...row, ...Object.fromEntries(place.map((name) => [name, at[name]!])) }
    }
    await replaced(table, [one, two], swapped)
    expect([table, await accused(await exported())]).toEqual([table, first.seq])
    await replaced(table, swapped, [one, two])
  }
  expect(await accused(await exported())).toBeNull()
}, 300_000)

test('a vote that is gone is named by the event that tells of it, and so is a second one', async () => {
  for (const { seq } of ofVotes()) {
    const row = (await rowOf('votes', seq))!
    await replaced('votes', [row], [])
    expect(await accused(await exported())).toBe(seq)
    const second = { ...row, revision: 77 }
    await replaced('votes', [], [row, second])
    expect(await accused(await exported())).toBe(seq)
    await replaced('votes', [second], [])
  }
  expect(await accused(await exported())).toBeNull()
})

test('a vote of which no event tells is named by what its approval began with', async () => {
  for (const { seq, resource_id } of ofVotes()) {
    const made = { ...(await rowOf('votes', seq))!, voter_id: 'usr_nobody', decision_id: 'dec_made_up' }
    await replaced('votes', [], [made])
    expect(await accused(await exported())).toBe(stored.rows.find((row) => row.resource_id === resource_id)!.seq)
    await replaced('votes', [made], [])
  }
  expect(await accused(await exported())).toBeNull()
})

test('an event that is gone is named, whatever its vote and those that it has ended look like then', async () => {
  for (const { seq } of stored.rows) {
    const row = (await rowOf('events', seq))!
    await replaced('events', [row], [])
    expect(await accused(await exported())).toBe(seq)
    await replaced('events', [], [row])
  }
  expect(await accused(await exported())).toBeNull()
})

test('a forged signature is noticed', async () => {
  const forged = (await exported()).map((line: string) =>
    line.startsWith('{"checkpoint"') ? line.replace(/(— \S+ )(.{20})/, '$1AAAA$2') : line,
  )
  expect(await accused(forged)).toBe(0)
})

test('what was emptied as if somebody had been erased is named', async () => {
  const { seq } = ofVotes().find(({ erased_at }) => erased_at === null)!
  const row = (await rowOf('events', seq))!
  const { data_hash } = (await tenant.as('admin')(`/v1/events?after=${seq - 1}&limit=1`)).body.data[0]
  const { decision_id } = JSON.parse(row['data'] as string)
  const emptied = { ...row, salt: '', data: JSON.stringify({ decision_id }) }
  await replaced('events', [row], [emptied])
  await env.DB.prepare('INSERT INTO erased_events (tenant_id, seq, data_hash, kept, erased_at) VALUES (?, ?, ?, ?, 1)')
    .bind(tenant.id, seq, data_hash, emptied.data)
    .run()
  await env.DB.prepare('UPDATE votes SET comment = NULL WHERE decision_id = ?').bind(decision_id).run()
  expect(await accused(await exported())).toBe(seq)
})

const keys = {
  events: ['tenant_id', 'seq'],
  votes: ['approval_id', 'revision', 'voter_id', 'voided_at'],
} as const
type Table = keyof typeof keys

function dice() {
  const random = seeded(Date.now())
  return (count: number) => Math.floor(random() * count)
}

async function columnsOf(table: Table): Promise<string[]> {
  const { results } = await env.DB.prepare(`SELECT name FROM pragma_table_info('${table}')`).all<{ name: string }>()
  return results.map(({ name }) => name)
}

/** A column's value with one byte changed, or the other of the few that it may have. */
function otherValue(column: string, value: Value, pick: (count: number) => number): Value {
  if (column === 'vote') return value === 'approve' ? 'reject' : 'approve'
  if (column !== 'approval_id') return otherThan(value, pick)
  const others = stored.rows.filter(({ from_status, resource_id }) => from_status === null && resource_id !== value)
  return others[pick(others.length)]!.resource_id
}

/** The row of an event, or of the vote that it tells of. */
function rowOf(table: Table, seq: number): Promise<Row | null> {
  const { resource_id, actor_id, vote } = stored.rows[seq - 1]!
  if (table === 'events')
    return env.DB.prepare('SELECT * FROM events WHERE tenant_id = ? AND seq = ?').bind(tenant.id, seq).first<Row>()
  return env.DB.prepare('SELECT * FROM votes WHERE approval_id = ? AND voter_id = ? AND decision_id = ?')
    .bind(resource_id, actor_id, JSON.parse(vote!).decision_id)
    .first<Row>()
}

/** Which event is accused with a column changed. */
async function withOther(table: Table, row: Row, column: string, value: Value): Promise<number | null | 'refused'> {
  const changed = { ...row, [column]: value }
  try {
    await replaced(table, [row], [changed])
  } catch {
    return 'refused'
  }
  const named = await accused(await exported())
  await replaced(table, [changed], [row])
  return named
}

/** Takes rows away and puts others in. */
async function replaced(table: Table, gone: readonly Row[], put: readonly Row[]): Promise<void> {
  const where = keys[table].map((name) => `${name} = ?`).join(' AND ')
  await behindItsBack(() =>
    env.DB.batch([
      ...gone.map((row) =>
        env.DB.prepare(`DELETE FROM ${table} WHERE ${where}`).bind(...keys[table].map((name) => row[name]!)),
      ),
      ...put.map((row) =>
        env.DB.prepare(
          `INSERT INTO ${table} (${Object.keys(row).join()}) VALUES (${Object.keys(row)
            .map(() => '?')
            .join()})`,
        ).bind(...Object.values(row)),
      ),
    ]),
  )
}
