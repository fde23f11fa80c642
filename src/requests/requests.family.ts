import { defineFamily } from '../approvals/family.ts'
import { decideRequest, decisionOnRequest, withdrawRequest } from './decide-request.ts'
import { lapseUnredeemed } from './redeem-request.ts'
import { redemptionRoutes } from './redemption.routes.ts'
import { aftermath } from './redemption.store.ts'
import { requestKind, whatIsRequested } from './request-kind.ts'
import { requestRefusals } from './requests.refusals.ts'
import { requestDecisionRoutes } from './request-decisions.routes.ts'
import { requestRoutes } from './requests.routes.ts'
import { shownRequest, toldOfRequest } from './requests.schemas.ts'
import { factsOfRequest, requestFacts, shownOfRequest, stateOfRequest } from './requests.store.ts'
import { requestPage } from './requests.page.tsx'

/** Whatever somebody wants a yes for, which is then taken up once. */
export const requests = defineFamily({
  ...requestKind,
  approvalId: 'req',
  idPrefixes: ['req'],
  events: [
    'request.created',
    'request.amended',
    'request.approved',
    'request.rejected',
    'request.withdrawn',
    'request.expired',
    'request.revoked',
    'request.redeemed',
    'request.executed',
    'request.lapsed',
  ],
  refusals: requestRefusals,
  introduction: {
    title: 'Requests',
    text:
      'Whatever a team wants a yes for: a deployment, an access, a refund, a text. A request is amended until it is decided; ' +
      'whoever asked redeems the approval by its `digest`, once, and reports what came of it.',
    beginWith: ['createRequest', 'redeemRequest'],
  },
  tags: { Requests: 'Ask for anything, and redeem the yes once.' },
  shows: { object: () => shownOfRequest, members: shownRequest },
  after: aftermath,
  tells: { select: stateOfRequest, members: toldOfRequest },
  what: { from: requestFacts, object: factsOfRequest, of: whatIsRequested },
  decision: decisionOnRequest,
  approveEdited: decideRequest,
  withdrawal: withdrawRequest,
  isAskedByPeople: true,
  page: requestPage,
  routes: [requestRoutes, requestDecisionRoutes, redemptionRoutes],
  jobs: { lapse_unredeemed_requests: lapseUnredeemed },
})
