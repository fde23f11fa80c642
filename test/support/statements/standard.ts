import { sql } from '../../../src/db/sql.ts'
import { markOn } from '../../../src/approvals/mark.store.ts'
import { requestKind } from '../../../src/requests/request-kind.ts'
import * as redemption from '../../../src/standard/redemption.store.ts'
import * as request from '../../../src/standard/standard.store.ts'
import type { Request } from '../../../src/standard/standard.store.ts'
import { ctx, firstPage, gives, holds, laterPage, returns, rowOf, type Samples } from './sample.ts'
import { approvals } from '../../../src/approvals/approvals.table.ts'
import { requests } from '../../../src/standard/standard.table.ts'

const mark = markOn('a', 'd')
const one: Request = { ...rowOf(approvals), ...rowOf(requests), redeem_by: 1, type: 'x', details: '{}', subject: '{}' }
const asked =
  'id type title requester_id submitted_by status created_at updated_at due_at on_due revision version digest'
const state = 'restricted decided_by decided_at comment summary subject external_ref redeem_by ended ended_at ended_by'
const more = 'end_comment outcome error reported_at expires_at policy_version_id votes_needed votes_for approved_digest'
const subject = { type: 'x', id: 's' }
const filters = [{}, { type: 'x' }, { requesterId: 'u', type: 'x' }, { subject }, { externalRef: 'r', subject }]
const viewers = [ctx, { ...ctx, actor: { ...ctx.actor, roles: ['member'] } }] as const
const settled = ({ settled, touched, events }: ReturnType<typeof redemption.report>) => [
  returns(settled, 'settled'),
  touched,
  events,
]
const ended = ({ closed, ...rest }: ReturnType<typeof redemption.redeem>) => [...settled(rest), closed]

/** What the stores of standard kinds build. */
export const samples: Samples = {
  'standard/standard.store.ts': {
    isAtVersion: holds(request.isAtVersion(1), 'approvals'),
    insertRequest: request.insertRequest(ctx, one, 1),
    updateFacts: request.updateFacts(ctx, one, mark),
    selectRequest: viewers.map((viewer) =>
      returns(
        request.selectRequest(viewer, requestKind, 'a'),
        asked,
        state,
        more,
        'details result state approved_details',
      ),
    ),
    selectByExternalRef: returns(request.selectByExternalRef(ctx, requestKind, one), 'external_ref request_id'),
    selectRequests: viewers.flatMap((viewer) =>
      filters.flatMap((filter) => [
        returns(
          request.selectRequests(viewer, requestKind, { ...filter, status: 'expired' }, firstPage),
          asked,
          state,
          more,
        ),
        returns(request.selectRequests(viewer, requestKind, filter, laterPage), asked, state, more),
      ]),
    ),
    countRequests: viewers.map((viewer) => returns(request.countRequests(viewer, requestKind, 'pending'), 'total')),
    besideRequest: gives(request.besideRequest, 'approvals a'),
    requestFacts: {
      statement: { query: sql`SELECT f.approval_id FROM ${request.requestFacts} LIMIT 1` },
      columns: ['approval_id'],
    },
    factsOfRequest: gives(request.factsOfRequest, 'approvals a, requests f'),
    shownOfRequest: gives(request.shownOfRequest, 'approvals a, requests f'),
    stateOfRequest: gives(request.stateOfRequest, 'approvals a'),
  },
  'standard/redemption.store.ts': {
    keepApproved: redemption.keepApproved(ctx, mark, '{}'),
    redeemBy: gives(sql`SELECT ${redemption.redeemBy} FROM requests WHERE approval_id = a.id`, 'approvals a'),
    openRedemption: redemption.openRedemption(ctx, mark),
    redeem: viewers.flatMap((viewer) => ended(redemption.redeem(viewer, requestKind, 'a', 'd'))),
    revoke: viewers.flatMap((viewer) =>
      [null, ['1']].flatMap((tags) => ended(redemption.revoke(viewer, requestKind, 'a', 'x', tags))),
    ),
    report: settled(redemption.report(ctx, requestKind, 'a', { outcome: 'failed', result: '{}', error: 'x' })),
    selectUnredeemed: returns(redemption.selectUnredeemed(ctx, requestKind, 5), 'id'),
    lapse: ended(redemption.lapse(ctx, requestKind, ['a', 'b'])),
    lapsedTag: gives(redemption.lapsedTag(1), 'approvals a, requests f'),
    aftermath: gives(redemption.aftermath(1), 'approvals a'),
  },
}
