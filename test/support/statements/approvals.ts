import { sql } from 'drizzle-orm'
import * as core from '../../../src/approvals/approvals.store.ts'
import { approvals } from '../../../src/approvals/approvals.table.ts'
import * as due from '../../../src/approvals/decide-due.store.ts'
import * as many from '../../../src/approvals/decide-many.store.ts'
import * as history from '../../../src/approvals/history.store.ts'
import * as list from '../../../src/approvals/list.store.ts'
import { defaultPolicy } from '../../../src/approvals/policy.ts'
import { statuses } from '../../../src/approvals/states.ts'
import * as tallies from '../../../src/approvals/tallies.store.ts'
import { ctx, firstPage, gives, holds, laterPage, returns, returnsAllOf, rowOf, type Samples } from './sample.ts'

const voter = { id: sql`'usr_y'`, roles: sql`'["admin"]'` }
const hasHand = () => sql`0`
const work = sql`SELECT 'a' AS approval_id, 't' AS tenant_id, 'usr_y' AS voter_id, '[]' AS roles, NULL AS comment`
const votes = sql`SELECT 'a' AS approval_id, 'usr_y' AS voter_id, NULL AS comment, NULL AS reported_by`
const found = sql`SELECT 't' AS tenant_id, 'a.b' AS type, 'a' AS subject_id, NULL AS from_status, 'b' AS to_status, '{}' AS data`
const happening = { type: 'a.b', subjectId: 'a', from: null, to: 'b', data: {} } as const
const opening = { ...rowOf(approvals), subject: { type: 'x', id: 's' }, policy: defaultPolicy(['admin']) }
const target = { id: 'a', kind: 'claim', vote: 'approve', comment: null, ifMatch: null } as const
const guarded = { ...target, vote: 'reject', ifMatch: ['1'], guard: { condition: sql`1` } } as const
const numbered = {
  tenantId: sql`'t'`,
  actorId: sql`'usr_y'`,
  type: 'a.b',
  from: 'pending',
  to: 'approved',
  data: sql`'{}'`,
} as const

const filters = [
  {},
  { kinds: ['claim', 'change'] },
  { kinds: ['change'], subjectId: 's', subjectType: 'x' },
  { kinds: ['claim'], requesterId: 'usr_y' },
  { kinds: ['change'], subjectType: 'x', status: 'pending' },
] as const

/** What the core's stores build. */
export const samples: Samples = {
  'approvals/approvals.store.ts': {
    submitter: gives(core.submitter, 'approvals'),
    decidable: [
      holds(core.decidable(voter, 1), 'approvals'),
      holds(core.decidable({ ...voter, hasHand }, 1), 'approvals'),
    ],
    insertApprovals: [
      core.insertApprovals(ctx, 'claim', [opening]),
      core.insertApprovals(ctx, 'claim', [opening], { guard: sql`1`, decisionId: 'd' }),
    ],
    isOpened: holds(core.isOpened('a')),
    castVote: [target, guarded].map((one) => returnsAllOf(approvals, core.castVote(ctx, one, 'd'))),
    insertVote: core.insertVote(ctx, { vote: 'approve', comment: null, reportedBy: 'usr_z' }, 'd'),
    markWithdrawn: [target, guarded].map((one) => returnsAllOf(approvals, core.markWithdrawn(ctx, one, 'd'))),
    selectApproval: returnsAllOf(approvals, core.selectApproval(ctx, 'a', 'claim', 'd'), 'mine'),
  },
  'approvals/decide-due.store.ts': {
    selectWhetherDue: (['expired', 'approved', 'rejected'] as const).map((status) =>
      returns(due.selectWhetherDue(ctx, { status, kind: 'claim' }), 'due'),
    ),
    decideDue: (['expired', 'approved', 'rejected'] as const).map((status) => {
      const { decided, events } = due.decideDue(ctx, { status }, 's', 5)
      return [returns(decided, 'decided'), events]
    }),
  },
  'approvals/decide-many.store.ts': {
    approveMany: many.approveMany(ctx, 'claim', 'm', work, hasHand),
    insertVotes: many.insertVotes(ctx, 'm', votes),
    revertMany: many.revertMany(ctx, 'm', sql`'m'`, sql`SELECT 'a'`),
  },
  'approvals/history.store.ts': {
    record: history.record(ctx, [happening]),
    recordOpened: history.recordOpened(ctx, [happening]),
    recordIf: history.recordIf(ctx, [happening], sql`1`),
    recordDecision: [history.recordDecision(ctx, 'd'), history.recordDecision(ctx, 'd', 'usr_z')],
    recordFound: history.recordFound(ctx, found),
    recordNumbered: history.recordNumbered(ctx, numbered, {
      from: sql`json_each('[1]') AS r`,
      subject: sql`r.value`,
      atMost: 1,
    }),
    isRecorded: holds(history.isRecorded('a', ['a.b'])),
    latestStatus: gives(history.latestStatus('a')),
  },
  'approvals/list.store.ts': {
    pageOfApprovals: filters.flatMap((filter) =>
      [firstPage, laterPage].map((page) =>
        gives(sql`SELECT count(id) FROM ${list.pageOfApprovals(ctx, filter, page, sql`a.title <> ''`)}`),
      ),
    ),
    narrowed: filters.map((filter) => holds(list.narrowed(ctx, filter), 'approvals a')),
  },
  'approvals/tallies.store.ts': {
    selectTotal: [undefined, ...statuses].map((status) =>
      returns(tallies.selectTotal(ctx, { kinds: ['claim', 'change'], status, of: 'requester:usr_y' }), 'total'),
    ),
  },
}
