import { sql } from '../../../src/db/sql.ts'
import { markOn } from '../../../src/approvals/mark.store.ts'
import * as intent from '../../../src/intents/intents.store.ts'
import { intents, outbox } from '../../../src/intents/intents.table.ts'
import * as status from '../../../src/intents/outbox-status.store.ts'
import * as entry from '../../../src/intents/outbox.store.ts'
import { ctx, firstPage, gives, holds, laterPage, returns, returnsAllOf, rowOf, type Samples } from './sample.ts'

const mark = markOn('a', 'd')
const resolution = {
  vote: 'approve',
  instanceId: 'i',
  role: 'owner',
  personId: null,
  channel: null,
  pinVerified: true,
  reportedBy: 'usr_z',
  outboxId: 'o',
  executeBy: 1,
} as const
const intentColumns = [
  'id status digest version created_at due_at on_due decided_by decided_at instance_id approval_ref customer_id action skill_slug',
  'serialized_intent approver_role approver_person_id rule_id notify_channel resolver_role resolution_channel reported_by',
  'outbox_id policy_version_id votes_needed votes_for channel_confirms',
] as const
const call = 'approval_ref action skill_slug serialized_intent'
const settled = entry.settle(ctx, 'i', 'o', 't', { outcome: 'failed', result: null, error: 'e', retry: true })
const overdue = entry.endOverdue(ctx, ['o', 'p'])

/** What the stores of intents and the outbox build. */
export const samples: Samples = {
  'intents/intents.store.ts': {
    behindRef: gives(intent.behindRef(ctx, 'i', 'R')),
    insertIntent: intent.insertIntent(ctx, { ...rowOf(intents), id: 'a' }),
    resolvableBy: holds(
      intent.resolvableBy({ role: 'owner', personId: null, isAnybody: true, isChannel: false, keyMadeBy: 'usr_m' }),
      'approvals',
    ),
    itsInstance: gives(intent.itsInstance, 'approvals'),
    recordResolution: [
      ...intent.recordResolution(ctx, 'a', mark, resolution),
      ...intent.recordResolution(ctx, 'a', mark, { ...resolution, vote: 'reject' }),
    ],
    selectInView: returns(
      intent.selectInView(ctx, 'i', 'R'),
      ...intentColumns,
      'resolver_person_id outbox_status outbox_attempt outbox_error outbox_tag',
    ),
    selectIntent: returns(intent.selectIntent(ctx, 'a'), ...intentColumns),
    selectPending: [firstPage, laterPage].map((page) =>
      returns(intent.selectPending(ctx, 'i', 'c', page), ...intentColumns),
    ),
    countPending: returns(intent.countPending(ctx, 'i', 'c'), 'total'),
    besideIntent: gives(intent.besideIntent, 'approvals a'),
    waitsForOwner: holds(intent.waitsForOwner(ctx.actor), 'approvals a'),
    hasLastWord: holds(intent.hasLastWord(ctx.actor), 'approvals a'),
    intentFacts: {
      statement: { query: sql`SELECT f.approval_id FROM ${intent.intentFacts} LIMIT 1` },
      columns: ['approval_id'],
    },
    factsOfIntent: gives(intent.factsOfIntent, 'approvals a, intents f LEFT JOIN outbox o'),
    shownOfIntent: gives(intent.shownOfIntent(1), 'approvals a, intents f LEFT JOIN outbox o'),
  },
  'intents/outbox-status.store.ts': {
    entryStatus: gives(status.entryStatus(1), 'outbox o'),
    entryTag: gives(status.entryTag(1), 'outbox o'),
    lapsedEntry: gives(status.lapsedEntry(1), 'approvals a'),
  },
  'intents/outbox.store.ts': {
    lease: entry.lease(ctx, 'i', 5, 1, 't'),
    selectLeased: returnsAllOf(outbox, entry.selectLeased(ctx, 't'), call),
    settle: [returnsAllOf(outbox, settled.settled), settled.event],
    selectInView: returnsAllOf(outbox, entry.selectInView(ctx, 'i', 'o'), 'shown', call),
    selectEntry: returnsAllOf(outbox, entry.selectEntry(ctx, 'i', 'o'), 'shown'),
    selectOverdue: returns(entry.selectOverdue(ctx, 5), 'id'),
    endOverdue: [returns(overdue.ended, 'ended'), overdue.events],
  },
}
