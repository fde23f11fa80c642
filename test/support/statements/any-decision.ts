import { aftermath } from '../../../src/any-approval/after.store.ts'
import * as decision from '../../../src/any-approval/decision.store.ts'
import { ctx, gives, returns, type Samples } from './sample.ts'

const columns = [
  'id kind revision version digest status due_at on_due decided_by decided_at comment requester_id submitted_by',
  'restricted instance_id approved_digest after voters',
] as const
const searches = [
  { asked: ['a'], known: [] },
  { asked: [], known: ['b'] },
  { asked: ['a'], known: ['b'] },
  { asked: [], known: [] },
]

/** What the store of decisions builds. */
export const samples: Samples = {
  'any-approval/decision.store.ts': {
    selectDecision: returns(decision.selectDecision(ctx, 'a'), ...columns),
    selectNews: searches.map((search) => returns(decision.selectNews(ctx, { since: 1, ...search }), 'seq', ...columns)),
  },
  'any-approval/after.store.ts': { aftermath: gives(aftermath(1), 'approvals a') },
}
