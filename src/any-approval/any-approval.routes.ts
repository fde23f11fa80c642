import { z } from '@hono/zod-openapi'
import { tagAsOfNow } from '../approvals/approval.ts'
import { ruleOfFamily, type Aftermath, type Family } from '../approvals/family.ts'
import type { HistoricEvent } from '../approvals/history.store.ts'
import type { Ballot } from '../approvals/rules.ts'
import { ruleOf, type Rule } from '../approvals/policy.ts'
import type { CastVote, PolicyOfRow } from '../approvals/votes.store.ts'
import { recordedVote } from '../approvals/voting.ts'
import { families } from '../families.ts'
import { ballotOf, undecidable } from '../http/ballots.ts'
import { endpoint, json } from '../http/endpoint.ts'
import type { AppContext } from '../http/environment.ts'
import { cursorQuery, cursorRequest, linkNext } from '../http/pagination.ts'
import { setTag } from '../http/preconditions.ts'
import { createRouter } from '../http/router.ts'
import { standing } from '../standing.ts'
import { iso } from '../http/time.ts'
import {
  anyApprovalSchema,
  approvalParams,
  approvingSchema,
  eventsSchema,
  rejectingSchema,
} from './any-approval.schemas.ts'
import type { AnyApproval } from './any-approval.store.ts'
import { decideApproval } from './decide-approval.ts'
import { familyOf } from './family-of.ts'
import { getApproval, listEvents } from './read-approval.ts'
import { stagesOf } from './stages.ts'

const tags = ['Any approval']
const path = '/v1/approvals/{id}'
const one = (description: string) => ({ description, content: json(anyApprovalSchema) })
const decided = one('The approval as decided; the same answer if the same person repeats the decision.')
const refuses = [
  ...undecidable,
  'digest_mismatch',
  ...families.flatMap(({ refusesDecision = [] }: Family) => refusesDecision),
] as const

/** Approvals of whatever family, by their ids: read, decide, what happened. */
export const anyApprovalRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'get',
      path,
      operationId: 'getApproval',
      takesBoundKeys: true,
      tagged: true,
      tags,
      summary: 'Read an approval of any kind',
      description: 'Everything that an approver decides on, who has voted, and what is still needed.',
      roles: 'any',
      request: { params: approvalParams('clm_9f2a3b4c') },
      responses: { 200: one("The approval; its ETag is the one that its kind's own path gives.") },
      refuses: ['not_found'],
    }),
    async (c) => show(c, await getApproval(c.get('ctx'), c.req.valid('param').id)),
  )
  .openapi(
    endpoint({
      method: 'post',
      path: `${path}/approve`,
      operationId: 'approveApproval',
      tags,
      summary: 'Approve, whatever kind it is',
      description:
        'Any role may try: a policy, or else its kind, says who may decide. Approving has the same effects as on the path ' +
        'of its kind. An intent that waits for its owner is decided by the person it names, or by an admin; one that ' +
        'waits for its customer, only through the channel.',
      roles: 'any',
      request: { params: approvalParams('int_demo4'), body: { content: json(approvingSchema) } },
      responses: { 200: decided },
      refuses,
    }),
    async (c) => decide(c, c.req.valid('param').id, ballotOf(c, 'approve', c.req.valid('json'))),
  )
  .openapi(
    endpoint({
      method: 'post',
      path: `${path}/reject`,
      operationId: 'rejectApproval',
      tags,
      summary: 'Reject, whatever kind it is, saying why',
      description: 'Any role may try: a policy, or else its kind, says who may decide.',
      roles: 'any',
      request: { params: approvalParams('int_demo5'), body: { required: true, content: json(rejectingSchema) } },
      responses: { 200: decided },
      refuses,
    }),
    async (c) => decide(c, c.req.valid('param').id, ballotOf(c, 'reject', c.req.valid('json'))),
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/events`,
      operationId: 'listApprovalEvents',
      takesBoundKeys: true,
      tags,
      summary: 'What has happened to an approval, oldest first',
      description: 'Events are never changed or removed, except that erasing a person removes text about them.',
      roles: 'any',
      request: { params: approvalParams('clm_9f2a3b4c'), query: z.object(cursorQuery(50)) },
      responses: { 200: { description: 'A page of events; `Link` leads to the next.', content: json(eventsSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const page = cursorRequest(c.req.valid('query'), 50)
      const { rows, next } = await listEvents(c.get('ctx'), c.req.valid('param').id, page)
      const counts = c.get('ctx').actor.roles.includes('admin')
      const data = rows.map((event) => ({ ...renderEvent(event), seq: counts ? event.seq : null }))
      return c.json({ data, next: linkNext(c, next) }, 200)
    },
  )

async function decide(c: AppContext, id: string, ballot: Ballot) {
  return show(c, await decideApproval(c.get('ctx'), id, ballot))
}

function show(c: AppContext, approval: AnyApproval) {
  const shown = render(approval, c.get('ctx').now, new URL(c.req.url).origin)
  setTag(c, `${tagAsOfNow({ ...shown, version: approval.version })}${approval.seen ?? ''}`)
  return c.json(shown, 200)
}

export function render(approval: AnyApproval, now: number, origin: string) {
  const { id, kind, requester_id } = approval
  const family = familyOf(id)
  const stands = standing(approval, now)
  const { final = true } = JSON.parse(approval.after ?? '{}') as Aftermath
  const policy = approval.policy === null ? null : (JSON.parse(approval.policy) as PolicyOfRow)
  const asked: unknown = JSON.parse(approval.facts)
  const rule = policy ? ruleOf(policy.body) : ruleOfFamily(family, asked)
  const votes = votesOf(approval)
  const counting = votes.filter(({ revision, voided_at }) => revision === approval.revision && voided_at === null)
  const isDecided = stands.status !== 'pending'
  const shown = {
    id,
    kind,
    requester: requester_id,
    ...stands,
    url: `${origin}/a/${encodeURIComponent(id)}`,
    policy: policy && { id: policy.id, name: policy.name, version: policy.version },
    stages: stagesOf(rule, counting.map(recordedVote), { isGoverned: policy !== null, isDecided }).map(
      ({ all, ...stage }) => ({ ...stage, all: all.map(({ voters: _, ...requirement }) => requirement) }),
    ),
    votes: votes.map((vote) => renderVote(vote, policy ? rule : null)),
    final: isDecided && final,
    what: family.what.of(asked),
    family: JSON.parse(approval.family) as object,
  }
  return shown as z.infer<typeof anyApprovalSchema>
}

function votesOf({ all_votes }: AnyApproval) {
  return (JSON.parse(all_votes) as CastVote[]).toSorted((a, b) => a.voted_at - b.voted_at)
}

function renderVote({ voted_at, voided_at, stage, counted_with: _, ...vote }: CastVote, rule: Rule | null) {
  const name = rule?.stages[stage]?.name ?? null
  return { ...vote, voted_at: iso(voted_at), voided_at: iso(voided_at), stage: name }
}

function renderEvent({ actor_id, at, from_status, to_status, data, id, type, digest }: HistoricEvent) {
  const happened = { id, type, actor: actor_id, at: iso(at), from: from_status, to: to_status, digest }
  return { ...happened, data: JSON.parse(data) as Record<string, unknown> }
}
