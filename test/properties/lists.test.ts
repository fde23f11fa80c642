import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { statuses } from '../../src/approvals/states.ts'
import { listChanges } from '../../src/changes/read-changes.ts'
import { listBatches } from '../../src/claims/read-batches.ts'
import { listClaims } from '../../src/claims/read-claims.ts'
import type { Ctx } from '../../src/context.ts'
import { listApprovals } from '../../src/dashboard/list-approvals.ts'
import type { Page, PageRequest } from '../../src/db/page.ts'
import { listResults } from '../../src/structuring/read-results.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'
import { often } from '../support/scale.ts'

/* Lists merge what their indexes have by status. What comes of it is what sorting everything would give. */

const now = 1_000
const users = ['usr_a', 'usr_b']
const things = ['one', 'two']
const batchStatuses = ['pending', 'processing', 'completed', 'cancelled'] as const

/** Many of the same time, so that the id often decides. */
const created_at = fc.integer({ min: 0, max: 30 })
const row = fc.record({
  id: fc.uuid(),
  kind: fc.constantFrom('claim', 'change', 'intent', 'result'),
  status: fc.constantFrom(...statuses),
  created_at,
  requester_id: fc.constantFrom(...users),
  type: fc.constantFrom(...things),
  about: fc.constantFrom(...things),
  due_at: fc.option(fc.constantFrom(now - 1, now, now + 1)),
})
const batchRow = fc.record({
  id: fc.uuid(),
  status: fc.constantFrom(...batchStatuses),
  created_at,
  coordinator_id: fc.constantFrom(...users),
})
type Row = typeof row extends fc.Arbitrary<infer R> ? R : never
type BatchRow = typeof batchRow extends fc.Arbitrary<infer R> ? R : never

const seed = Math.floor(Math.random() * 2 ** 31)
const rows = fc.sample(row, { numRuns: 400, seed })
const batches = fc.sample(batchRow, { numRuns: 100, seed })
let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant()
  const run = (sql: string, all: readonly object[]) => env.DB.prepare(sql).bind(tenant.id, JSON.stringify(all)).run()
  const isAboutSome = ({ kind }: Row) => kind !== 'claim'
  await run(
    `INSERT INTO approvals (id, tenant_id, kind, status, title, requester_id, subject_type, subject_id, created_at, updated_at,
       due_at, on_due, digest, votes_needed, decided_by, decided_at)
     SELECT value ->> 'id', ?1, value ->> 'kind', value ->> 'status', 'x', value ->> 'requester_id', value ->> 'subject_type',
       value ->> 'subject_id', value ->> 'created_at', 0, value ->> 'due_at', iif(value ->> 'due_at' IS NULL, NULL, 'expire'),
       printf('%064d', 0), 1, iif(value ->> 'status' = 'pending', NULL, 'usr_z'), iif(value ->> 'status' = 'pending', NULL, 1)
     FROM json_each(?2)`,
    rows.map((one) => ({ ...one, ...(isAboutSome(one) && { subject_type: one.type, subject_id: one.about }) })),
  )
  const of = (kind: string) => rows.filter((one) => one.kind === kind)
  await run(
    `INSERT INTO claims (approval_id, tenant_id, description, amount, currency)
     SELECT value ->> 'id', ?1, 'x', 1, 'EUR' FROM json_each(?2)`,
    of('claim'),
  )
  await run(
    `INSERT INTO changes SELECT value ->> 'id', ?1, value ->> 'type', value ->> 'about', 'x', 'update', '{}', 'x', 1, 1 FROM json_each(?2)`,
    of('change'),
  )
  await run(
    `INSERT INTO gates SELECT value, ?1, 'x', NULL, '[]', '{}', '{}', NULL, 0, 1, 0, 0, NULL FROM json_each(?2)`,
    things as never,
  )
  await run(
    `INSERT INTO results (approval_id, tenant_id, gate_id, data, queued_items, created_at)
     SELECT value ->> 'id', ?1, value ->> 'about', '{}', 0, value ->> 'created_at' FROM json_each(?2)`,
    of('result'),
  )
  await run(
    `INSERT INTO batches (id, tenant_id, coordinator_id, created_by, roles, status, total_claims, write_id, created_at, updated_at,
       completed_at, cancelled_at, poke_at)
     SELECT value ->> 'id', ?1, value ->> 'coordinator_id', 'x', '[]', value ->> 'status', 1, 'x', value ->> 'created_at', 0,
       iif(value ->> 'status' = 'completed', 1, NULL), iif(value ->> 'status' = 'cancelled', 1, NULL),
       iif(value ->> 'status' IN ('pending', 'processing'), 1, NULL) FROM json_each(?2)`,
    batches,
  )
})

const status = fc.option(fc.constantFrom(...statuses), { nil: undefined })
const user = fc.option(fc.constantFrom(...users, 'usr_none'), { nil: undefined })
const thing = fc.option(fc.constantFrom(...things, 'none'), { nil: undefined })
const kind = fc.option(fc.constantFrom('claim', 'change', 'intent', 'result'), { nil: undefined })
const bound = fc.option(created_at, { nil: undefined })
const id = fc.oneof(fc.uuid(), fc.constantFrom(...rows.map((one) => one.id)))
const page: fc.Arbitrary<PageRequest> = fc
  .record({
    limit: fc.integer({ min: 1, max: 60 }),
    offset: fc.integer({ min: 0, max: 120 }),
    after: fc.option(fc.record({ created_at, id })),
    from: bound,
    before: bound,
  })
  .map((one) => (one.after ? { ...one, offset: 0 } : one))

/** The page by its definition: all that match, sorted, cut. */
function sorted<R extends { id: string; created_at: number }>(all: readonly R[], matches: (one: R) => boolean) {
  const isBefore = (one: R, other: { id: string; created_at: number }) =>
    one.created_at === other.created_at ? one.id < other.id : one.created_at < other.created_at
  return ({ limit, offset, after, from, before }: PageRequest) => {
    const found = all
      .filter(matches)
      .filter((one) => after === null || isBefore(one, after))
      .filter((one) => one.created_at >= (from ?? 0) && one.created_at < (before ?? Infinity))
      .toSorted((one, other) => (isBefore(one, other) ? 1 : -1))
    const ids = found.slice(offset, offset + limit).map((one) => one.id)
    return { ids, goesOn: found.length > offset + limit && ids.length > 0 }
  }
}

const isOf = <T>(asked: T | undefined, actual: T) => asked === undefined || asked === actual

/** What is past its due time has expired, although no sweep has been by. */
function asOfNow({ status, due_at }: Row) {
  return status === 'pending' && due_at !== null && due_at <= now ? 'expired' : status
}

async function agree<F>(
  filters: fc.Arbitrary<F>,
  list: (ctx: Ctx, filter: F, page: PageRequest) => Promise<Page<{ id: string; created_at: number }>>,
  expected: (filter: F) => (page: PageRequest) => { ids: string[]; goesOn: boolean },
) {
  const ctx = tenant.ctx('admin', ['admin'], now)
  await fc.assert(
    fc.asyncProperty(filters, page, async (filter, asked) => {
      const found = await list(ctx, filter, asked)
      const { ids, goesOn } = expected(filter)(asked)
      expect(found.rows.map((one) => one.id)).toEqual(ids)
      expect(found.next && [found.next.created_at, found.next.id]).toEqual(
        goesOn ? [found.rows.at(-1)!.created_at, ids.at(-1)] : null,
      )
      return true
    }),
    { numRuns: often(150) },
  )
}

test('claims', () =>
  agree(fc.record({ status, claimantId: user }), listClaims as never, (asked) =>
    sorted(
      rows,
      (one) => one.kind === 'claim' && isOf(asked.status, asOfNow(one)) && isOf(asked.claimantId, one.requester_id),
    ),
  ))

test('changes', () =>
  agree(fc.record({ status, entityType: thing, entityId: thing, requesterId: user }), listChanges as never, (asked) =>
    sorted(
      rows,
      (one) =>
        one.kind === 'change' &&
        isOf(asked.status, asOfNow(one)) &&
        isOf(asked.entityType, one.type) &&
        isOf(asked.entityId, one.about) &&
        isOf(asked.requesterId, one.requester_id),
    ),
  ))

test('results', () =>
  agree(fc.record({ status, gateId: thing }), listResults as never, (asked) =>
    sorted(rows, (one) => one.kind === 'result' && isOf(asked.status, asOfNow(one)) && isOf(asked.gateId, one.about)),
  ))

test('the approvals of all families', () =>
  agree(fc.record({ status, kind, customerId: thing }), listApprovals as never, (asked) =>
    sorted(rows, (one) => {
      const asIs = isOf(asked.status, asOfNow(one))
      const isFor = asked.customerId === undefined || (one.kind === 'intent' && one.about === asked.customerId)
      return asIs && isOf(asked.kind, one.kind) && isFor
    }),
  ))

test('batches', () =>
  agree(
    fc.record({ status: fc.option(fc.constantFrom(...batchStatuses), { nil: undefined }), coordinatorId: user }),
    listBatches as never,
    (asked) =>
      sorted(
        batches,
        (one: BatchRow) => isOf(asked.status, one.status) && isOf(asked.coordinatorId, one.coordinator_id),
      ),
  ))
