import { defineFamily } from '../approvals/family.ts'
import { resultKind, whatResulted } from './result-kind.ts'
import { approveDueResults, rejectDueResults } from './decide-due-results.ts'
import { checkRoutes } from './checks.routes.ts'
import { decisionOnResult } from './decide-result.ts'
import { gateRoutes } from './gates.routes.ts'
import { gatesThatName } from './gates.store.ts'
import { resultRoutes } from './results.routes.ts'
import { saidOfAction, shownResult } from './results.schemas.ts'
import { factsOfResult, resultFacts, shownOfResult } from './results.store.ts'
import { structuringRefusals } from './structuring.refusals.ts'
import { resultPage } from './results.page.tsx'
import { ruleRoutes } from './rules.routes.ts'

/** Results that gates check, and that wait for a person, or for the clock, where they fail. */
export const structuring = defineFamily({
  ...resultKind,
  approvalId: 'uuid',
  idPrefixes: [],
  events: ['result.queued', 'result.approved', 'result.rejected', 'result.expired'],
  refusals: structuringRefusals,
  introduction: {
    title: 'Gate reviews',
    text:
      'Structured results are checked by a gate. What passes is approved; what fails waits for a reviewer, or is ' +
      'approved by itself after the hours that the gate gives.',
    beginWith: ['createGate', 'submitResult'],
  },
  tags: {
    'Checks and gates': 'What structured results have to pass.',
    'Gate reviews': 'Results that did not pass, and wait for a person or for the clock.',
  },
  shows: { object: () => shownOfResult, members: shownResult },
  what: { from: resultFacts, object: factsOfResult, of: whatResulted },
  decision: decisionOnResult,
  page: resultPage,
  addresses: { from: { gates: gatesThatName }, members: saidOfAction },
  decidesDue: true,
  routes: [checkRoutes, gateRoutes, ruleRoutes, resultRoutes],
  jobs: { approve_due_results: approveDueResults, reject_due_results: rejectDueResults },
})
