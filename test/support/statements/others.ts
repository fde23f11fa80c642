import { sql } from 'drizzle-orm'
import * as access from '../../../src/access/access.store.ts'
import { statuses } from '../../../src/approvals/states.ts'
import * as dashboard from '../../../src/dashboard/dashboard.store.ts'
import * as idempotency from '../../../src/idempotency/idempotency.store.ts'
import { ctx, firstPage, gives, laterPage, returns, type Samples } from './sample.ts'

const used = { key: 'k', userId: 'usr_x', path: '/x', fingerprint: 'f', replayed: false }
const filters = [undefined, ...statuses].flatMap((status) =>
  [{}, { kind: 'claim' as const }, { customerId: 'c' }, { customerId: 'c', kind: 'intent' as const }].map((filter) => ({
    ...filter,
    ...(status && { status }),
  })),
)
const listed = 'id kind status title requester created_at due_at on_due decided_at decided_by family'

/** What the stores build that belong to no family. */
export const samples: Samples = {
  'access/access.store.ts': {
    selectKey: returns(
      access.selectKey(ctx.db, 'h'),
      'id tenant_id person_id person_name roles person_roles instance_id expires_at revoked_at last_used_on',
    ),
    userName: gives(access.userName(sql`a.tenant_id`, sql`a.decided_by`), 'approvals a'),
    selectUnrevoked: returns(access.selectUnrevoked(ctx.db, ['k']), 'id expires_at'),
    noteDay: access.noteDay(ctx.db, 'k', '2026-03-16'),
  },
  'dashboard/dashboard.store.ts': {
    selectPage: filters.flatMap((filter) =>
      [firstPage, laterPage].map((page) => returns(dashboard.selectPage(ctx, filter, page), listed)),
    ),
    countAll: filters.map((filter) => returns(dashboard.countAll(ctx, filter), 'total')),
  },
  'idempotency/idempotency.store.ts': {
    takeKey: [idempotency.takeKey(ctx, used, {}), idempotency.takeKey(ctx, used, {}, sql`1`)],
    selectWhether: returns(idempotency.selectWhether(ctx, sql`1`), 'holds'),
    selectAnswer: returns(idempotency.selectAnswer(ctx, used), 'fingerprint answer'),
    deleteExpired: returns(idempotency.deleteExpired(ctx, 5), 'gone'),
  },
}
