import { defineFamily } from '../approvals/family.ts'
import { claimKind, whatIsClaimed } from './claim-kind.ts'
import { revertible } from './batches.store.ts'
import { batchRoutes } from './batches.routes.ts'
import { batchReadingRoutes } from './read-batches.routes.ts'
import { claimRefusals } from './claims.refusals.ts'
import { claimRoutes } from './claims.routes.ts'
import { shownClaim } from './claims.schemas.ts'
import { claimFacts, factsOfClaim, shownOfClaim } from './claims.store.ts'
import { decisionOnClaim, withdrawClaim } from './decide-claim.ts'
import { pokeBatches } from './poke-batches.ts'
import { claimPage } from './claims.page.tsx'

/** Claims for reimbursement, and the batches that approve many at once. */
export const claims = defineFamily({
  ...claimKind,
  approvalId: 'clm',
  idPrefixes: ['clm', 'bat'],
  events: [
    'claim.submitted',
    'claim.approved',
    'claim.rejected',
    'claim.withdrawn',
    'claim.expired',
    'claim.reverted',
    'batch.started',
    'batch.completed',
    'batch.cancelled',
  ],
  refusals: claimRefusals,
  introduction: {
    title: 'Claims',
    text:
      'Requests for reimbursement, by the person who paid. A coordinator approves them one by one, or up to ' +
      '10,000 in a batch, now or at a later time; a batch is followed live and can be cancelled while it runs.',
    beginWith: ['submitClaim', 'processBatch'],
  },
  tags: {
    Claims: 'Requests for reimbursement: submit, decide one, withdraw.',
    'Approval batches':
      'Up to 10,000 claims approved at once, or at a later time; followed live, cancelled with reversal.',
  },
  shows: { object: () => shownOfClaim, members: shownClaim },
  what: { from: claimFacts, object: factsOfClaim, of: whatIsClaimed },
  decision: decisionOnClaim,
  withdrawal: withdrawClaim,
  isAskedByPeople: true,
  page: claimPage,
  after: () => revertible,
  routes: [claimRoutes, batchReadingRoutes, batchRoutes],
  jobs: { poke_batches: pokeBatches },
})
