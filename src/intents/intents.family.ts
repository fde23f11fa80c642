import { defineFamily } from '../approvals/family.ts'
import { intentRefusals } from './intents.refusals.ts'
import { intentKind, whatIsCalled, whoDecides } from './intent-kind.ts'
import { intentRoutes } from './intents.routes.ts'
import { shownIntent } from './intents.schemas.ts'
import { factsOfIntent, hasLastWord, intentFacts, shownOfIntent, waitsForOwner } from './intents.store.ts'
import { entryTag, lapsedEntry } from './outbox-status.store.ts'
import { outboxRoutes } from './outbox.routes.ts'
import { endOverdueEntries } from './outbox.ts'
import { decisionOnIntent } from './resolve-intent.ts'
import { intentPage } from './intents.page.tsx'

/** Calls of agents that wait for a person, and the outbox from which approved ones are replayed. */
export const intents = defineFamily({
  ...intentKind,
  approvalId: 'int',
  idPrefixes: ['int', 'out', 'lse'],
  isForCustomer: true,
  events: [
    'intent.requested',
    'intent.approved',
    'intent.rejected',
    'intent.expired',
    'intent.executed',
    'intent.lapsed',
  ],
  refusals: intentRefusals,
  introduction: {
    title: 'Intents',
    text:
      'Calls of AI agents whose rule says “ask first”. The owner or the customer decides through the agent’s ' +
      'channel, with a PIN. An approved call goes to an outbox, from which its instance leases it, replays it ' +
      'and reports: once, and only while it may still be executed.',
    beginWith: ['requestIntent', 'leaseOutbox'],
  },
  tags: {
    'Agent intents': 'Calls of AI agents that wait for a person.',
    Outbox: 'Approved calls, handed back for replay once.',
  },
  shows: { object: shownOfIntent, members: shownIntent },
  what: { from: intentFacts, object: factsOfIntent, of: whatIsCalled },
  tag: entryTag,
  decision: decisionOnIntent,
  deciders: whoDecides,
  waitsFor: waitsForOwner,
  hasNoVote: hasLastWord,
  page: intentPage,
  refusesDecision: ['wrong_resolver'],
  after: lapsedEntry,
  routes: [intentRoutes, outboxRoutes],
  jobs: { end_overdue_outbox_entries: endOverdueEntries },
})
