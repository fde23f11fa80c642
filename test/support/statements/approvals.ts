import { sql } from '../../../src/db/sql.ts'
import * as amend from '../../../src/approvals/amend.store.ts'
import * as core from '../../../src/approvals/approvals.store.ts'
import * as book from '../../../src/approvals/book.store.ts'
import * as cast from '../../../src/approvals/cast-vote.store.ts'
import * as rule from '../../../src/approvals/decidable.store.ts'
import { approvals } from '../../../src/approvals/approvals.table.ts'
import * as due from '../../../src/approvals/decide-due.store.ts'
import * as many from '../../../src/approvals/decide-many.store.ts'
import * as history from '../../../src/approvals/history.store.ts'
import * as list from '../../../src/approvals/list.store.ts'
import * as marks from '../../../src/approvals/mark.store.ts'
import * as restricted from '../../../src/approvals/restricted.store.ts'
import * as states from '../../../src/approvals/states.store.ts'
import { statuses } from '../../../src/approvals/states.ts'
import * as tallies from '../../../src/approvals/tallies.store.ts'
import { changeKind } from '../../../src/changes/change-kind.ts'
import * as votesOf from '../../../src/approvals/votes.store.ts'
import { claimKind } from '../../../src/claims/claim-kind.ts'
import { families } from '../../../src/families.ts'
import { ctx, firstPage, gives, holds, laterPage, returns, returnsAllOf, rowOf, type Samples } from './sample.ts'

const voter = { id: sql`'usr_y'`, roles: sql`'["admin"]'`, underPolicy: sql`1` }
const hasHand = () => sql`0`
const roles = sql`'[]'`
const manyVotes = { voterId: sql`'usr_y'`, roles, groups: roles, comment: sql`NULL`, reportedBy: sql`NULL` }
const found = sql`SELECT 't' AS tenant_id, 'a.b' AS type, 'a' AS resource_id, NULL AS from_status, 'b' AS to_status, '{}' AS data`
const happening = { type: 'a.b', resourceId: 'a', from: null, to: 'b', data: {}, digest: 'd' } as const
const opening = {
  ...rowOf(approvals),
  on_due: 'expire',
  subject: { type: 'x', id: 's' },
  instance_id: 'i',
  restricted: true,
} as const
const target = { id: 'a', ...claimKind, vote: 'approve', comment: null, ifMatch: null } as const
const guarded = { ...target, vote: 'reject', ifMatch: ['1'], digest: 'd', guard: { condition: sql`1` } } as const
const mark = marks.markOn('a', 'd')
/** Somebody whose key was made by somebody else. */
const lent = { ...ctx, actor: { ...ctx.actor, keyMadeBy: 'usr_m' } }
const replaced = {
  decisionId: 'd',
  voter: 'usr_y',
  vote: 'approve',
  capacities: [],
  stage: 0,
  reportedBy: 'usr_z',
  keyMadeBy: null,
} as const
const step = {
  version: 1,
  person: null,
  status: 'pending',
  openStage: 0,
  stage: 0,
  nextStage: 1,
  replaced,
  assigned: [['usr_y', 0]],
} as const
const votedOn = 'policy policy_name policy_id policy_version standing person'
const terms = {
  policy_version_id: 'p',
  votes_needed: 1,
  channel_confirms: 0,
  due_at: 1,
  on_due: 'expire',
  restricted: true,
} as const
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
    insertApprovals: [
      core.insertApprovals(ctx, 'claim', [opening]),
      core.insertApprovals(ctx, 'claim', [opening], { guard: sql`1`, decisionId: 'd' }),
    ],
    isOpened: holds(core.isOpened('a')),
    markWithdrawn: [target, guarded].map((one) => returnsAllOf(approvals, core.markWithdrawn(ctx, one, 'd'))),
    matches: [holds(core.matches(null)), holds(core.matches(['1']), 'approvals')],
    touch: core.touch(ctx, sql`SELECT 'a'`),
  },
  'approvals/decidable.store.ts': {
    shared: gives(rule.shared(sql`'["admin"]'`, ['admin', 'member'])),
    submitter: gives(rule.submitter, 'approvals'),
    decidable: [
      holds(rule.decidable(voter, claimKind.policy, 1), 'approvals'),
      holds(rule.decidable({ ...voter, hasHand }, claimKind.policy, 1), 'approvals'),
    ],
    callingVoter: [
      holds(rule.decidable(rule.callingVoter(ctx, 'usr_z'), claimKind.policy, 1), 'approvals'),
      holds(rule.decidable(rule.callingVoter(lent, null), claimKind.policy, 1), 'approvals'),
    ],
    makerVoted: [holds(rule.makerVoted(ctx)), holds(rule.makerVoted(lent), 'approvals')],
    handVoted: holds(rule.handVoted(hasHand, hasHand), 'approvals'),
    versionsFulfilledBy: { statement: { query: rule.versionsFulfilledBy(ctx, sql`'u'`, sql`'[]'`) }, columns: ['id'] },
    standing: gives(rule.standing(sql`vote`, sql`'u'`), 'approvals'),
  },
  'approvals/cast-vote.store.ts': {
    castVote: [target, guarded].map((one) => cast.castVote(ctx, one, 'd')),
    castStaged: [target, guarded].map((one) => cast.castStaged(ctx, one, step, 'd')),
    selectWhetherCast: returns(cast.selectWhetherCast(ctx), 'cast'),
    insertVote: [ctx, lent].map((voter) =>
      cast.insertVote(voter, { vote: 'approve', comment: null, reportedBy: 'usr_z' }, mark),
    ),
    voidReplaced: cast.voidReplaced(ctx, replaced, mark),
    recordAssignments: cast.recordAssignments(ctx, 'a', mark, step),
    selectApproval: returnsAllOf(approvals, cast.selectApproval(ctx, 'a', claimKind), votedOn),
    selectGovernedUnlessCast: returnsAllOf(
      approvals,
      cast.selectGovernedUnlessCast(ctx, 'a', claimKind, 'usr_z'),
      votedOn,
    ),
  },
  'approvals/states.store.ts': {
    isInTime: [holds(states.isInTime(1), 'approvals'), holds(states.isInTime(1, sql`a`), 'approvals a')],
    statusNow: gives(states.statusNow(ctx), 'approvals a'),
    standingNow: {
      statement: { query: sql`SELECT ${states.standingNow(ctx)} FROM approvals a LIMIT 1` },
      columns: ['status', 'decided_by', 'decided_at'],
    },
  },
  'approvals/book.store.ts': {
    selectBook: returns(book.selectBook(ctx), 'revision policy_id version_id name body'),
    bookIsAt: [book.bookIsAt(ctx, 1), book.bookIsAt(ctx, null)],
  },
  'approvals/amend.store.ts': {
    amendQuestion: [target, guarded].map((one) => {
      const { amended, voided, event } = amend.amendQuestion(
        ctx,
        { ...one, revision: 1 },
        { ...opening, terms: { ...terms, kept_due_at: null, kept_on_due: null } },
        mark,
      )
      return [returns(amended, 'amended'), voided, event]
    }),
  },
  'approvals/decide-due.store.ts': {
    selectDue: (['expired', 'approved', 'rejected'] as const).map((status) =>
      returns(due.selectDue(ctx, { status, kind: 'claim', otherThan: ['change'] }, 5), 'id tenant_id kind'),
    ),
    expireInstead: due.expireInstead(ctx, 'a'),
    decideDue: (['expired', 'approved', 'rejected'] as const).map((status) => {
      const { decided, events } = due.decideDue(ctx, { status }, mark, 5)
      return [returns(decided, 'tenant_id'), events]
    }),
  },
  'approvals/decide-many.store.ts': {
    approveMany: many.approveMany(ctx, claimKind, 'm', sql`SELECT 'a'`, {
      ...voter,
      comment: sql`NULL`,
      hasHand,
    }),
    insertVotes: many.insertVotes(ctx, 'm', manyVotes, sql`SELECT 'a' AS approval_id, 1 AS revision`),
    revertMany: many.revertMany(ctx, 'm', sql`'m'`, sql`SELECT 'a'`),
  },
  'approvals/history.store.ts': {
    record: history.record(ctx, [happening]),
    recordIf: history.recordIf(ctx, [happening], sql`1`),
    recordDecision: [
      history.recordDecision(ctx, mark),
      history.recordDecision(ctx, mark, { comment: 'c', reportedBy: 'usr_z', assigned: [['usr_y', 0]] }),
    ],
    recordFound: [history.recordFound(ctx, found), history.recordFound(ctx, found, 5)],
    recordEach: history.recordEach(ctx, numbered, sql`SELECT 0 AS n, 'a' AS resource_id, 'd' AS digest`, 1),
    nextSeq: gives(history.nextSeq(ctx)),
    latestSeq: gives(history.latestSeq(sql`'t'`)),
    movedSince: { statement: { query: sql`SELECT * FROM ${history.movedSince(ctx, 1)}` }, columns: ['resource_id'] },
    selectHistory: [firstPage, laterPage].map((page) =>
      returns(history.selectHistory(ctx, 'a', page), 'seq id type actor_id at from_status to_status digest data'),
    ),
    actorsOn: { statement: { query: history.actorsOn(ctx, 'a') }, columns: ['actor_id'] },
    selectLastSeq: returns(history.selectLastSeq(ctx), 'seq'),
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
    versionsSeenBy: { statement: { query: restricted.versionsSeenBy(ctx, 'claim') }, columns: ['id'] },
    versionsOfRestricted: {
      statement: { query: sql`SELECT p.id FROM ${restricted.versionsOfRestricted(ctx.actor, 'claim')}` },
      columns: ['id'],
    },
    votesUnder: holds(restricted.votesUnder(ctx.actor), 'policy_versions p'),
    votersOfRow: gives(restricted.votersOfRow, 'approvals a'),
    visible: [...viewers, { ...ctx, actor: { ...ctx.actor, instanceId: 'i' } }].map((viewer) =>
      holds(restricted.visible(viewer, claimKind), 'approvals'),
    ),
  },
  'approvals/votes.store.ts': {
    voidedFrom: gives(votesOf.voidedFrom(1), 'votes'),
    policyOfRow: gives(votesOf.policyOfRow, 'approvals a'),
    hasApproved: holds(votesOf.hasApproved(ctx), 'approvals a'),
    allVotes: gives(votesOf.allVotes, 'approvals a'),
  },
  'approvals/tallies.store.ts': {
    selectTotal: [undefined, ...statuses].flatMap((status) =>
      viewers.flatMap((viewer) =>
        ([undefined, 'requester:usr_x'] as const).map((of) =>
          returns(tallies.selectTotal(viewer, { kinds: [secret, changeKind], status, of }), 'total'),
        ),
      ),
    ),
  },
}
