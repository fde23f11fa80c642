import * as any from '../../../src/any-approval/any-approval.store.ts'
import { approvals } from '../../../src/approvals/approvals.table.ts'
import * as facts from '../../../src/approvals/facts.store.ts'
import type { Family } from '../../../src/approvals/family.ts'
import { families } from '../../../src/families.ts'
import { ctx, gives, returns, returnsAllOf, type Samples } from './sample.ts'

const all: readonly Family[] = families

/** What the store of approvals of whatever family builds. */
export const samples: Samples = {
  'approvals/facts.store.ts': {
    ofFacts: all.map((family) => gives(facts.ofFacts(family, family.shows.object(1)), 'approvals a')),
  },
  'any-approval/any-approval.store.ts': {
    idIfSeen: all.map((family) => gives(any.idIfSeen(ctx, 'a', family))),
    selectWhetherSeen: returns(any.selectWhetherSeen(ctx, 'a', all[0]!), 'id'),
    selectAnyApproval: all.map((family) =>
      returnsAllOf(approvals, any.selectAnyApproval(ctx, 'a', family), 'family facts all_votes policy after seen'),
    ),
  },
}
