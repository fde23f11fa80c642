import { sql } from '../../../src/db/sql.ts'
import * as steps from '../../../src/claims/batch-step.store.ts'
import * as batch from '../../../src/claims/batches.store.ts'
import { batches, batchFollowers } from '../../../src/claims/batches.table.ts'
import * as claim from '../../../src/claims/claims.store.ts'
import { claims } from '../../../src/claims/claims.table.ts'
import * as followers from '../../../src/claims/followers.store.ts'
import { ctx, firstPage, gives, laterPage, returns, returnsAllOf, rowOf, type Samples } from './sample.ts'

const follower = rowOf(batchFollowers)
const amended = batch.amendBatch(ctx, 'b', { comment: 'c', process_at: 1, claim_ids: ['x'] }, ['1'], false, 'w')
const untouched = batch.amendBatch(ctx, 'b', {}, null, true, 'w')
const batchFilters = [{}, { status: 'pending' }, { coordinatorId: 'usr_y', status: 'completed' }] as const
const claimFilters = [
  {},
  { status: 'pending', claimantId: 'usr_y' },
  { batchId: 'b', status: 'approved' },
  { externalRef: 'r', batchId: 'b', claimantId: 'usr_y' },
] as const
const claimColumns = [
  'id claimant_id submitted_by status digest bulk_id decided_by decided_at comment version created_at updated_at',
  'description amount currency expense_type incurred_on distance_km receipt_url external_ref',
  'policy_version_id votes_needed votes_for',
] as const

/** What the stores of claims and their batches build. */
export const samples: Samples = {
  'claims/batch-step.store.ts': {
    step: steps.step(ctx, 'b', 5, 1),
    revert: steps.revert(ctx, 'b', 'w', 5),
  },
  'claims/batches.store.ts': {
    insertBatch: batch.insertBatch(ctx, rowOf(batches), ['x']),
    selectBatch: returnsAllOf(batches, batch.selectBatch(ctx, 'b')),
    itemsOf: {
      statement: { query: sql`SELECT * FROM ${batch.itemsOf('b', sql`0`, 5)}` },
      columns: ['position', 'claim_id'],
    },
    selectResults: [
      returns(batch.selectResults(ctx, 'b').items, 'claim_ids'),
      returns(batch.selectResults(ctx, 'b').results, 'position size errors processed_at'),
    ],
    selectBatches: batchFilters.flatMap((filter) => [
      returnsAllOf(batches, batch.selectBatches(ctx, filter, firstPage)),
      returnsAllOf(batches, batch.selectBatches(ctx, filter, laterPage)),
    ]),
    countBatches: batchFilters.map((filter) => returns(batch.countBatches(ctx, filter), 'total')),
    amendBatch: [amended, untouched].flatMap(({ amended, items }) => [returnsAllOf(batches, amended), items]),
    startNow: returnsAllOf(batches, batch.startNow(ctx, 'b', 'w', 1)),
    startDue: returnsAllOf(batches, batch.startDue(ctx, 'b', 'w', 1)),
    markCancelled: returnsAllOf(batches, batch.markCancelled(ctx, 'b', 1, ['1'], 'w')),
    recordIfWritten: batch.recordIfWritten(ctx, 'b', 'w', 'batch.started'),
    told: gives(batch.told, 'batches'),
    revertible: gives(batch.revertible, 'approvals a'),
    takeOverdue: returns(batch.takeOverdue(ctx, 5, 1), 'id tenant_id'),
  },
  'claims/claims.store.ts': {
    insertClaims: claim.insertClaims(ctx, [{ ...rowOf(claims), id: 'a' }]),
    selectClaim: returns(claim.selectClaim(ctx, 'a'), ...claimColumns),
    selectByExternalRef: returns(claim.selectByExternalRef(ctx, ['r']), 'external_ref claim_id'),
    selectClaims: claimFilters.flatMap((filter) => [
      returns(claim.selectClaims(ctx, filter, firstPage), ...claimColumns),
      returns(claim.selectClaims(ctx, filter, laterPage), ...claimColumns),
    ]),
    countClaims: claimFilters.map((filter) => returns(claim.countClaims(ctx, filter), 'total')),
    briefOfClaim: gives(claim.briefOfClaim, 'approvals a'),
    claimFacts: {
      statement: { query: sql`SELECT f.approval_id FROM ${claim.claimFacts} LIMIT 1` },
      columns: ['approval_id'],
    },
    factsOfClaim: gives(claim.factsOfClaim, 'approvals a, claims f'),
    shownOfClaim: gives(claim.shownOfClaim, 'approvals a, claims f'),
  },
  'claims/followers.store.ts': {
    removeGone: followers.removeGone(ctx, follower, ['f']),
    insertFollower: returns(followers.insertFollower(ctx, follower, 0), 'id'),
    removeFollowers: followers.removeFollowers(ctx, ['f']),
  },
}
