import { cpuSeconds } from './cpu.ts'
import { call } from './load.ts'
import { machine, type Machine } from './machine.ts'
import { median } from './median.ts'
import type { Template, Value } from './raw/template.ts'
import { save } from './results.ts'
import { claimAt, keyOf, seedAccess, seedClaims, tenant } from './seed.ts'
import { startService, type Service } from './service.ts'

/** How many claims a batch approves: the most that one takes. */
const size = 10_000

/** What came of it on one target: a number for each round. */
export interface Approved {
  target: 'product' | 'raw'
  /** From the request until all are approved. */
  ms: number[]
  /** CPU of the runtime in that time. */
  cpuMs: number[]
}

/** What `batches` leaves in bench/results. */
export interface BatchResults {
  machine: Machine
  rounds: number
  size: number
  approved: Approved[]
}

/** A batch of the most claims, beside the three statements that any would need, all at once. */
export async function batches(rounds: number): Promise<void> {
  const service = await startService()
  try {
    const { db, ports, pids } = service
    await seedAccess(db)
    // Nine of ten are pending, and one batch of each warms up.
    await seedClaims(db, 0, Math.ceil(((rounds + 1) * 2 * size) / 0.9) + 10)
    const learned = await fetch(`http://127.0.0.1:${ports.raw}/batch`, {
      method: 'PUT',
      body: JSON.stringify({ template: bare, status: 201 }),
    })
    if (!learned.ok) throw new Error(await learned.text())
    const approved: Approved[] = [
      { target: 'product', ms: [], cpuMs: [] },
      { target: 'raw', ms: [], cpuMs: [] },
    ]
    const next = pendingClaims()
    for (let round = 0; round <= rounds; round += 1) {
      for (const one of round % 2 === 0 ? approved : approved.toReversed()) {
        const ids = Array.from({ length: size }, next)
        const [started, before] = [performance.now(), cpuSeconds(pids)]
        await (one.target === 'product' ? throughProduct(service, ids) : throughRaw(service, ids))
        const [ms, cpuMs] = [performance.now() - started, (cpuSeconds(pids) - before) * 1000]
        await assertApproved(db, ids)
        if (round === 0) continue
        one.ms.push(ms)
        one.cpuMs.push(cpuMs)
      }
    }
    save('batches', { machine: machine(), rounds, size, approved } satisfies BatchResults)
    for (const { target, ms, cpuMs } of approved)
      console.log(`a batch of ${size}, ${target}: ${Math.round(median(ms))} ms, ${Math.round(median(cpuMs))} ms CPU`)
  } finally {
    await service.stop()
  }
}

/** As a client does it: submits the batch, and follows its events until it has ended. */
async function throughProduct({ ports }: Service, claim_ids: readonly string[]): Promise<void> {
  const path = '/api/v1/approval-batches'
  const key = keyOf('coordinator')
  const { status, body } = await call(ports.product, { method: 'POST', path, key, body: JSON.stringify({ claim_ids }) })
  if (status !== 201) throw new Error(`${status} ${body}`)
  const { batch_id } = JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)) as { batch_id: string }
  const url = `http://127.0.0.1:${ports.product}${path}/${batch_id}/events`
  const events = await (await fetch(url, { headers: { Authorization: `Bearer ${key}` } })).text()
  if (!events.includes(`"approved_count":${size}`)) throw new Error(events.slice(-500))
}

async function throughRaw({ ports }: Service, ids: readonly string[]): Promise<void> {
  const body = JSON.stringify({ claim_ids: JSON.stringify(ids) })
  const { status, body: answer } = await call(ports.raw, { method: 'POST', path: '/batch', body })
  if (status !== 201) throw new Error(`${status} ${answer}`)
}

const given: Value = { pieces: [{ given: 'claim_ids' }], isNumber: false }
const batchId: Value = { pieces: [{ random: 0, like: `bat_${'0'.repeat(26)}` }], isNumber: false }
const now: Value = { pieces: [{ now: true }], isNumber: true }

/** Approve each, a vote and an event for each; the tables' own triggers keep the tallies. */
const bare: Template = {
  start: 'first-primary',
  statements: [
    {
      text: `UPDATE approvals SET status = 'approved', votes_for = votes_for + 1, decision_id = ?2, bulk_id = ?2,
          decided_by = 'usr_coordinator', decided_at = ?3, updated_at = ?3, version = version + 1
        FROM json_each(?1) AS m WHERE approvals.id = m.value AND +tenant_id = '${tenant}' AND +status = 'pending'`,
      values: [given, batchId, now],
    },
    {
      text: `INSERT INTO votes (approval_id, revision, voter_id, vote, decision_id, counted_with, voted_at)
        SELECT value, 1, 'usr_coordinator', 'approve', ?2, '{"groups":[],"roles":["coordinator"]}', ?3 FROM json_each(?1)`,
      values: [given, batchId, now],
    },
    {
      text: `INSERT INTO events (tenant_id, seq, id, type, resource_id, actor_id, at, from_status, to_status, digest, data, salt)
        SELECT '${tenant}', (SELECT coalesce(max(seq), 0) FROM events WHERE tenant_id = '${tenant}') + m.key + 1,
          'evt_' || lower(hex(randomblob(13))), 'claim.approved', a.id, 'usr_coordinator', ?3, 'pending', 'approved', a.digest,
          json_object('decision_id', ?2), lower(hex(randomblob(16)))
        FROM json_each(?1) AS m CROSS JOIN approvals a WHERE a.id = m.value`,
      values: [given, batchId, now],
    },
    { text: `SELECT max(seq) AS seq FROM events WHERE tenant_id = '${tenant}'`, values: [] },
  ],
}

function pendingClaims(): () => string {
  let n = 0
  return () => {
    n += n % 10 === 9 ? 2 : 1
    return claimAt(n)
  }
}

async function assertApproved(db: D1Database, ids: readonly string[]): Promise<void> {
  const done = await db
    .prepare(
      `SELECT
        (SELECT sum(status = 'approved') FROM json_each(?1) AS m CROSS JOIN approvals a WHERE a.id = m.value) AS approved,
        (SELECT count(*) FROM json_each(?1) AS m CROSS JOIN votes WHERE approval_id = m.value) AS votes,
        (SELECT count(*) FROM json_each(?1) AS m CROSS JOIN events INDEXED BY events_by_resource
          WHERE tenant_id = '${tenant}' AND resource_id = m.value AND events.type = 'claim.approved') AS events`,
    )
    .bind(JSON.stringify(ids))
    .first<Record<string, number>>()
  if (!done || Object.values(done).some((n) => n !== size)) throw new Error(`Of ${size}: ${JSON.stringify(done)}`)
}
