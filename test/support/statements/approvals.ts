import { sql } from 'drizzle-orm'
import * as amend from '../../../src/approvals/amend.store.ts'
import * as core from '../../../src/approvals/approvals.store.ts'
import { approvals } from '../../../src/approvals/approvals.table.ts'
import * as due from '../../../src/approvals/decide-due.store.ts'
import * as many from '../../../src/approvals/decide-many.store.ts'
import * as history from '../../../src/approvals/history.store.ts'
import * as list from '../../../src/approvals/list.store.ts'
import * as marks from '../../../src/approvals/mark.store.ts'
import * as restricted from '../../../src/approvals/restricted.store.ts'
import { statuses } from '../../../src/approvals/states.ts'
import * as tallies from '../../../src/approvals/tallies.store.ts'
import { changeKind } from '../../../src/changes/change-kind.ts'
import * as votesOf from '../../../src/approvals/votes.store.ts'
import { claimKind } from '../../../src/claims/claim-kind.ts'
import { families } from '../../../src/families.ts'
import { ctx, firstPage, gives, holds, laterPage, returns, returnsAllOf, rowOf, type Samples } from './sample.ts'

const voter = { id: sql`'usr_y'`, roles: sql`'["admin"]'` }
const hasHand = () => sql`0`
const votes = sql`SELECT 'a' AS approval_id, 1 AS revision, 'usr_y' AS voter_id, '[]' AS roles, NULL AS comment, NULL AS reported_by`
const found = sql`SELECT 't' AS tenant_id, 'a.b' AS type, 'a' AS resource_id, NULL AS from_status, 'b' AS to_status, '{}' AS data`
const happening = { type: 'a.b', resourceId: 'a', from: null, to: 'b', data: {}, digest: 'd' } as const
const opening = { ...rowOf(approvals), subject: { type: 'x', id: 's' }, instance_id: 'i', restricted: true }
const target = { id: 'a', ...claimKind, vote: 'approve', comment: null, ifMatch: null } as const
const guarded = { ...target, vote: 'reject', ifMatch: ['1'], digest: 'd', guard: { condition: sql`1` } } as const
const mark = marks.markOn('a', 'd')
const numbered = {
  tenantId: sql`'t'`,
  actorId: sql`'usr_y'`,
  type: 'a.b',
  from: 'pending',
  to: 'approved',
  data: sql`'{}'`,
} as const

const filters = [
  { kinds: families, areAll: true },
  { kinds: [claimKind, changeKind] },
  { kinds: [changeKind], subjectId: 's', subjectType: 'x' },
  { kinds: [claimKind], requesterId: 'usr_y' },
  { kinds: [changeKind], subjectType: 'x', status: 'pending' },
] as const
/** Who sees what is restricted, and who sees only their own. */
const viewers = [ctx, { ...ctx, actor: { ...ctx.actor, roles: ['member'] } }] as const
const secret = { ...claimKind, restrictable: true }

/** What the core's stores build. */
export const samples: Samples = {
  'approvals/approvals.store.ts': {
    submitter: gives(core.submitter, 'approvals'),
    decidable: [
      holds(core.decidable(voter, claimKind.policy, 1), 'approvals'),
      holds(core.decidable({ ...voter, hasHand }, claimKind.policy, 1), 'approvals'),
    ],
    insertApprovals: [
      core.insertApprovals(ctx, 'claim', [opening]),
      core.insertApprovals(ctx, 'claim', [opening], { guard: sql`1`, decisionId: 'd' }),
    ],
    isOpened: holds(core.isOpened('a')),
    castVote: [target, guarded].map((one) => returnsAllOf(approvals, core.castVote(ctx, one, 'd'))),
    insertVote: core.insertVote(ctx, { vote: 'approve', comment: null, reportedBy: 'usr_z' }, mark),
    markWithdrawn: [target, guarded].map((one) => returnsAllOf(approvals, core.markWithdrawn(ctx, one, 'd'))),
    matches: [holds(core.matches(null)), holds(core.matches(['1']), 'approvals')],
    voidedFrom: gives(core.voidedFrom(1), 'votes'),
    touch: core.touch(ctx, sql`SELECT 'a'`),
    selectApproval: returnsAllOf(approvals, core.selectApproval(ctx, 'a', claimKind), 'mine policy'),
  },
  'approvals/amend.store.ts': {
    amendQuestion: [target, guarded].map((one) => {
      const { amended, voided, event } = amend.amendQuestion(ctx, { ...one, revision: 1 }, opening, mark)
      return [returns(amended, 'amended'), voided, event]
    }),
  },
  'approvals/decide-due.store.ts': {
    selectDue: (['expired', 'approved', 'rejected'] as const).map((status) =>
      returns(due.selectDue(ctx, { status, kind: 'claim' }, 5), 'id'),
    ),
    decideDue: (['expired', 'approved', 'rejected'] as const).map((status) => {
      const { decided, events } = due.decideDue(ctx, { status }, mark, 5)
      return [returns(decided, 'tenant_id'), events]
    }),
  },
  'approvals/decide-many.store.ts': {
    approveMany: many.approveMany(ctx, claimKind, 'm', sql`SELECT 'a' AS approval_id`, {
      ...voter,
      comment: sql`NULL`,
      hasHand,
    }),
    insertVotes: many.insertVotes(ctx, 'm', votes),
    revertMany: many.revertMany(ctx, 'm', sql`'m'`, sql`SELECT 'a'`),
  },
  'approvals/history.store.ts': {
    record: history.record(ctx, [happening]),
    recordIf: history.recordIf(ctx, [happening], sql`1`),
    recordDecision: [history.recordDecision(ctx, mark), history.recordDecision(ctx, mark, 'usr_z')],
    recordFound: [history.recordFound(ctx, found), history.recordFound(ctx, found, 5)],
    recordEach: history.recordEach(ctx, numbered, sql`'[["a","d"]]'`, 1),
    latestSeq: gives(history.latestSeq(sql`'t'`)),
    movedSince: { statement: { query: sql`SELECT * FROM ${history.movedSince(ctx, 1)}` }, columns: ['resource_id'] },
    selectHistory: [firstPage, laterPage].map((page) =>
      returns(history.selectHistory(ctx, 'a', page), 'seq id type actor_id at from_status to_status digest data'),
    ),
    isRecorded: holds(history.isRecorded(ctx, 'a', ['a.b'])),
    latestStatus: gives(history.latestStatus(sql`'t'`, 'a')),
  },
  'approvals/mark.store.ts': {
    marked: [marks.markOn('a', 'd'), marks.markOnAll(['a'], 'd')].map((one) => holds(marks.marked(one), 'approvals')),
    markOn: holds(marks.markOn('a', 'd').among(sql`'a'`)),
    markOnAll: holds(marks.markOnAll(['a'], 'd').among(sql`'a'`)),
  },
  'approvals/list.store.ts': {
    pageOfApprovals: viewers.flatMap((viewer) =>
      [...filters, { kinds: [secret] }].flatMap((filter) =>
        [firstPage, laterPage].map((page) =>
          gives(sql`SELECT count(id) FROM ${list.pageOfApprovals(viewer, filter, page, sql`a.title <> ''`)}`),
        ),
      ),
    ),
    pageAsOfNow: viewers.flatMap((viewer) =>
      [...filters, { kinds: [secret] }].flatMap((filter) =>
        [undefined, ...statuses].map((status) =>
          gives(sql`SELECT count(id) FROM ${list.pageAsOfNow(viewer, { ...filter, status }, laterPage)}`),
        ),
      ),
    ),
    narrowed: viewers.flatMap((viewer) => filters.map((filter) => holds(list.narrowed(viewer, filter), 'approvals a'))),
  },
  'approvals/restricted.store.ts': {
    visible: [...viewers, { ...ctx, actor: { ...ctx.actor, instanceId: 'i' } }].map((viewer) =>
      holds(restricted.visible(viewer, claimKind), 'approvals'),
    ),
  },
  'approvals/votes.store.ts': {
    allVotes: gives(votesOf.allVotes, 'approvals a'),
  },
  'approvals/tallies.store.ts': {
    selectTotal: [undefined, ...statuses].flatMap((status) =>
      viewers.map((viewer) =>
        returns(tallies.selectTotal(viewer, { kinds: [secret, changeKind], status, of: 'requester:usr_x' }), 'total'),
      ),
    ),
  },
}
