import { sessions as table } from '../../../src/desk/sessions.table.ts'
import * as sessions from '../../../src/desk/sessions.store.ts'
import { ctx, returns, returnsAllOf, rowOf, type Samples } from './sample.ts'

const { db } = ctx

/** What the stores of the desk build. */
export const samples: Samples = {
  'desk/sessions.store.ts': {
    insertSession: sessions.insertSession(db, { ...rowOf(table), tenant_id: 't', hash: 'x'.repeat(64), subject: null }),
    selectSession: returnsAllOf(table, sessions.selectSession(db, 'x')),
    markEnded: sessions.markEnded(db, 'x', 1),
    deleteOver: returns(sessions.deleteOver(db, 1, 2), 'gone'),
  },
}
