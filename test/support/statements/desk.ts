import * as inbox from '../../../src/desk/inbox.store.ts'
import { sessions as table } from '../../../src/desk/sessions.table.ts'
import * as sessions from '../../../src/desk/sessions.store.ts'
import * as shown from '../../../src/desk/shown-approval.store.ts'
import { sql } from '../../../src/db/sql.ts'
import * as waiting from '../../../src/approvals/waiting.store.ts'
import type { Family } from '../../../src/approvals/family.ts'
import { families } from '../../../src/families.ts'
import { ctx, firstPage, laterPage, returns, returnsAllOf, rowOf, type Samples } from './sample.ts'

const { db } = ctx
const all: readonly Family[] = families
const columns = 'id kind title status created_at due_at on_due decided_at requester_id requester_name brief partly'
const narrowings = [
  {},
  { groups: ['g', 'h'] },
  { kind: 'claim' as const },
  { text: 'x' },
  // As many letters as are folded, and more.
  { text: String.fromCodePoint(...Array.from({ length: 100 }, (_, n) => 0x400 + n)) },
  { groups: ['g'], group: 'g' },
]
const pages = [firstPage, laterPage]

/** What the stores of the desk build. */
export const samples: Samples = {
  'desk/sessions.store.ts': {
    insertSession: sessions.insertSession(db, { ...rowOf(table), tenant_id: 't', hash: 'x'.repeat(64), roles: null }),
    selectSession: returnsAllOf(table, sessions.selectSession(db, 'x')),
    markEnded: sessions.markEnded(db, 'x', 1),
    deleteOver: returns(sessions.deleteOver(db, 1, 2), 'gone'),
  },
  'approvals/waiting.store.ts': {
    pageOfWaiting: [ctx, { ...ctx, actor: { ...ctx.actor, keyMadeBy: 'usr_m' } }].flatMap((whose) =>
      [null, { due: 5, id: 'x' }].map((after) => {
        const kinds = all.map((kind) => ({ kind, condition: sql`1` }))
        const page = waiting.pageOfWaiting(
          whose,
          { kinds, capacities: ['role:admin', 'group:g'], noVote: [] },
          2,
          after,
        )
        return { statement: { query: sql`SELECT id, due FROM ${page}` }, columns: ['id', 'due'] }
      }),
    ),
  },
  'desk/inbox.store.ts': {
    selectWaiting: narrowings.flatMap((one) =>
      [null, { due: 5, id: 'x' }].map((after) => returns(inbox.selectWaiting(ctx, one, 2, after), columns)),
    ),
    selectLastDecided: all.map((family) => returns(inbox.selectLastDecided(ctx, 'a', family), 'title decided_at')),
    selectAsked: narrowings.flatMap((one) => pages.map((page) => returns(inbox.selectAsked(ctx, one, page), columns))),
    selectSeen: narrowings.flatMap((one) =>
      pages.flatMap((page) => [true, false].map((is) => returns(inbox.selectSeen(ctx, is, one, page), columns))),
    ),
  },
  'desk/shown-approval.store.ts': {
    selectMore: all.map((family) => returns(shown.selectMore(ctx, 'a', family), 'more')),
    selectNamesOfGroups: all.map((family) => returns(shown.selectNamesOfGroups(ctx, 'a', family), 'id name')),
    selectNamesAbout: all.map((family) => returns(shown.selectNamesAbout(ctx, 'a', family), 'id name')),
  },
}
