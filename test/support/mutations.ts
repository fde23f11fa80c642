import { env } from 'cloudflare:workers'
import { ExportVerifier, Unfit, verifyExport } from '../../scripts/verify-export.ts'
import { selectExported, type ExportedEvent } from '../../src/history/events.store.ts'
import { selectLeafTiles, selectSeal } from '../../src/history/seals.store.ts'
import { publicKeys } from '../../src/history/signing-key.ts'
import { readHashes } from '../../src/history/tiles.ts'
import { exportedLine } from '../../src/history/told.ts'
import { advanceBatch } from '../../src/claims/advance-batch.ts'
import { cancelBatch } from '../../src/claims/cancel-batch.ts'
import { submitBatch } from '../../src/claims/submit-batch.ts'
import { erasePerson } from '../../src/history/erase-person.ts'
import { submitClaims } from './batches.ts'
import { company, no, peerThenMoney, post, refund, vote } from './company.ts'
import { sealed } from './sealed.ts'
import { newTenant, type Tenant } from './tenant.ts'

/** A sealed history as it is stored, to be changed. */
export interface Stored {
  tenantId: string
  rows: ExportedEvent[]
  leafHashes: string[]
  /** The last line of its export. */
  end: string
  /** What has verified its first events: as many as it is in the list. */
  verified: ExportVerifier[]
}

/** A tenant whose history has votes on several kinds, alone and by a batch, and an amendment. */
export async function eventfulTenant(): Promise<Tenant> {
  const tenant = await newTenant()
  const [member, coordinator, reviewer] = [tenant.as('member'), tenant.as('coordinator'), tenant.as('reviewer')]
  const claims = await submitClaims(member, 3)
  await coordinator(`/api/v1/claims/${claims[0]}/approve`, { method: 'POST', body: { comment: 'Fine, thanks' } })
  await coordinator(`/api/v1/claims/${claims[1]}/reject`, { method: 'POST', body: { comment: 'Not so' } })
  const batch = await coordinator('/api/v1/approval-batches', {
    method: 'POST',
    body: { claim_ids: [claims[2]], comment: 'B' },
  })
  const at = `/api/v1/approval-batches/${batch.body.batch_id}`
  while ((await coordinator(at)).body.status === 'processing') await new Promise((resolve) => setTimeout(resolve, 20))
  const asked = { type: 'access', title: 'Please', details: { to: 'x' } }
  const request = (await member('/v1/requests', { method: 'POST', body: asked })).body
  await member(`/v1/requests/${request.id}`, { method: 'PATCH', body: { title: 'Pretty please' } })
  await reviewer(`/v1/requests/${request.id}/approve`, { method: 'POST', body: { comment: 'Yes' } })
  await sealed(tenant.id)
  return tenant
}

/**
 * A tenant whose sealed history has all that a vote may come to: in stages, with somebody who fits two requirements;
 * void because something else is asked now, or because a batch was cancelled, twice in a millisecond; erased.
 */
export async function variedTenant(): Promise<Tenant> {
  const { tenant, admin, as, policy } = await company()
  await post(admin, '/v1/people', { id: 'usr_both', name: 'both', roles: ['member', 'admin'], groups: ['grp_finance'] })
  await policy({ stages: peerThenMoney })
  const both = tenant.as('both', ['member', 'admin'])
  const [first, second] = [await refund(as('mia')), await refund(as('mia'))]
  await vote(as('sam'), first, { comment: 'Not yet' })
  await as('mia')(`/v1/requests/${first}`, { method: 'PATCH', body: { title: 'Refund 43' } })
  for (const voter of [as('sam'), both, as('fay')]) await vote(voter, first, { comment: 'Now' })
  await vote(as('sue'), second, { comment: 'Well' })
  await no(as('finn'), second)
  await reverted(tenant)
  await erasePerson(tenant.ctx('operator', []), 'usr_sue', [])
  await sealed(tenant.id)
  return tenant
}

/** A claim is approved by a batch, which is cancelled; and again, in the same millisecond. */
async function reverted(tenant: Tenant): Promise<void> {
  const now = Date.now()
  const coordinator = tenant.ctx('coordinator', undefined, now)
  const claim_ids = await submitClaims(tenant.as('member'), 2)
  for (const comment of ['One', 'Two']) {
    const { id } = await submitBatch(coordinator, { claim_ids, comment, process_at: now + 1 })
    await advanceBatch(tenant.ctx('coordinator', undefined, now + 1), id, 1)
    await cancelBatch(coordinator, id, null)
  }
}

/** The history of a tenant of which all is sealed. */
export async function storedHistory(tenant: Tenant): Promise<Stored> {
  const ctx = tenant.ctx('admin')
  const { seal, rows, tiles } = await ctx.db.batch({
    seal: selectSeal(ctx),
    rows: selectExported(ctx, 0, 1e6, 1e6),
    tiles: selectLeafTiles(ctx, 0, 1e6),
  })
  const leafHashes = tiles.flatMap(({ hashes }) => readHashes(hashes).map((hash) => hash.toBase64()))
  const end = JSON.stringify({ checkpoint: seal[0]!.checkpoint, keys: publicKeys(env) })
  const verified = [new ExportVerifier()]
  for (const [index, row] of rows.entries()) {
    verified.push(verified[index]!.copy())
    verified.at(-1)!.add(exportedLine(tenant.id, row, leafHashes[index] ?? null))
  }
  return { tenantId: tenant.id, rows, leafHashes, end, verified }
}

/** The lines of rows: most are those of the history before. */
const written = new WeakMap<ExportedEvent, string>()

/**
 * What the verifier says of a history: null where it fits, else which event does not (0: none by itself).
 *
 * @param from how many events are as they were: those were verified before
 */
export async function firstUnfit({ tenantId, rows, leafHashes, end, verified }: Stored, from = 0) {
  const verifier = verified[from]!.copy()
  const lineOf = (row: ExportedEvent) => {
    const line = written.get(row) ?? exportedLine(tenantId, row, leafHashes[row.seq - 1] ?? null)
    written.set(row, line)
    return line
  }
  return accusedBy(async () => {
    for (const row of rows.slice(from)) verifier.add(lineOf(row))
    verifier.add(end)
    await verifier.end()
  })
}

/** The same of the lines of an export. */
export function accused(lines: Iterable<string>): Promise<number | null> {
  return accusedBy(() => verifyExport(lines))
}

async function accusedBy(verify: () => Promise<unknown>): Promise<number | null> {
  try {
    await verify()
    return null
  } catch (error) {
    if (error instanceof Unfit) return error.seq ?? 0
    throw error
  }
}

const columns = [
  'id',
  'type',
  'resource_id',
  'actor_id',
  'at',
  'from_status',
  'to_status',
  'digest',
  'data',
  'salt',
] as const

/**
 * Changes a history at random: a byte of an event or its vote, an event that is gone, two that have changed places, an
 * end that is cut off. All before the first event that does not fit is as it was.
 *
 * @returns the changed history, and which event that is
 */
export function mutated(stored: Stored, random: () => number): { changed: Stored; first: number; how: string } {
  const { rows } = stored
  const pick = (count: number) => Math.floor(random() * count)
  const at = pick(rows.length)
  const row = rows[at]!
  const withRows = (rows: ExportedEvent[], first: number, how: string) => ({ changed: { ...stored, rows }, first, how })
  const how = pick(20)
  if (how === 0) return withRows(rows.toSpliced(at, 1), row.seq, 'removed')
  if (how === 1) return withRows(rows.slice(0, at), row.seq, 'truncated')
  if (how === 2) {
    const other = rows[(at + 1 + pick(rows.length - 1)) % rows.length]!
    const swapped = rows.map((one) => {
      if (one === row) return { ...one, seq: other.seq }
      return one === other ? { ...one, seq: row.seq } : one
    })
    return withRows(
      swapped.toSorted((a, b) => a.seq - b.seq),
      Math.min(row.seq, other.seq),
      'swapped',
    )
  }
  if (how < 8 && row.vote !== null && row.standing !== null) {
    const name = how < 6 ? 'vote' : 'standing'
    const facts = JSON.parse(row[name]!) as Record<string, string | number | null>
    const members = name === 'vote' ? Object.keys(facts) : ['comment', 'requirement', 'voided_at']
    const member = members[pick(members.length)]!
    facts[member] = otherThan(facts[member] ?? null, pick)
    if (member === 'voided_at') facts['follows'] = 0
    return withRows(rows.with(at, { ...row, [name]: JSON.stringify(facts) }), row.seq, `${name}.${member}`)
  }
  const column = row.erased_at !== null && how === 8 ? 'data_hash' : columns[pick(columns.length)]!
  const value = otherThan(row[column], pick)
  return withRows(rows.with(at, { ...row, [column]: value } as ExportedEvent), row.seq, column)
}

/** A value in which one byte is another. */
export function otherThan(value: string | number | null, pick: (count: number) => number): string | number {
  if (value === null || value === '') return 'x'
  if (typeof value === 'number') return value + 10 ** pick(String(value).length)
  const at = pick(value.length)
  const other = String.fromCharCode(97 + ((value.charCodeAt(at) + 1 + pick(24)) % 26))
  return value.slice(0, at) + (other === value[at] ? '~' : other) + value.slice(at + 1)
}

/** Random numbers from 0 to 1, always the same for a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Lets something be done to the history that the database refuses to whoever goes through it. */
export async function behindItsBack<T>(work: () => Promise<T>): Promise<T> {
  const { results } = await env.DB.prepare(
    "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'events'",
  ).all<{ name: string; sql: string }>()
  await env.DB.batch(results.map(({ name }) => env.DB.prepare(`DROP TRIGGER ${name}`)))
  try {
    return await work()
  } finally {
    await env.DB.batch(results.map(({ sql }) => env.DB.prepare(sql)))
  }
}
