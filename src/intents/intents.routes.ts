import { z } from '@hono/zod-openapi'
import { quorumOf, tagAsOfNow } from '../approvals/approval.ts'
import { standingOf, statusAt } from '../approvals/states.ts'
import { refusedVotes } from '../http/ballots.ts'
import { endpoint, json } from '../http/endpoint.ts'
import { keptText } from '../http/faults.ts'
import { bodyKey, bodyKeyFaults } from '../http/idempotency.ts'
import { jsonText } from '../http/json-text.ts'
import { cursorQuery, cursorRequest, linkNext } from '../http/pagination.ts'
import { ifMatch, setTag } from '../http/preconditions.ts'
import { withRaw } from '../http/raw-json.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import {
  instanceParams,
  intentInViewSchema,
  intentSchema,
  newIntentSchema,
  partOfIntent,
  pendingIntentsSchema,
  pendingQuery,
  refParams,
  resolutionSchema,
  resolvedIntentSchema,
} from './intents.schemas.ts'
import type { Intent, IntentInView } from './intents.store.ts'
import { getIntent, listPendingIntents } from './read-intents.ts'
import { requestIntent } from './request-intent.ts'
import { resolveIntent } from './resolve-intent.ts'

const tags = ['Agent intents']
const path = '/internal/v1/instances/{instance_id}/approvals'

/** Intents: ask, resolve, list what is pending, read one. */
export const intentRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path: `${path}/request`,
      operationId: 'requestIntent',
      tags,
      summary: 'Store a call that waits for a person',
      description:
        'Nothing is carried out yet: the call is stored as sent, and handed back from the outbox once it is approved.',
      roles: ['service'],
      creates: true,
      sharesKeys: true,
      faults: 'fastapi',
      request: { params: instanceParams, body: { required: true, content: json(newIntentSchema) } },
      keeps: { member: 'serialized_intent', isUnique: true },
      further: async (ctx, { body }) => bodyKeyFaults(ctx, partOfIntent.parse(body).idempotency_key),
      responses: {
        201: { description: 'The intent, pending.', content: json(intentSchema) },
        200: { description: 'The first answer again, for the same idempotency key.', content: json(intentSchema) },
      },
      refuses: ['not_found', 'policy_needs_member'],
    }),
    async (c) => {
      const { idempotency_key, ...body } = c.req.valid('json')
      const serialized_intent = (await keptText(c)) ?? '{}'
      await bodyKey(c, idempotency_key ?? undefined)
      const intent = await requestIntent(c.get('ctx'), {
        ...body,
        ...c.req.valid('param'),
        approver_person_id: body.approver_person_id ?? null,
        notify_channel: body.notify_channel ?? null,
        rule_id: body.rule_id ?? null,
        serialized_intent,
      })
      return jsonText(c, render(intent, intent.created_at), c.get('ctx').idempotency?.replayed ? 200 : 201)
    },
  )
  .openapi(
    endpoint({
      method: 'post',
      path: `${path}/resolve`,
      operationId: 'resolveIntent',
      tags,
      summary: "Report a person's decision; an approved call goes to the outbox",
      description:
        'To approve, the PIN must be verified and the resolver must be the person and role that the intent names.',
      roles: ['service'],
      faults: 'fastapi',
      request: { params: instanceParams, body: { required: true, content: json(resolutionSchema) } },
      responses: {
        200: {
          description: 'Resolved; repeating the same decision gives the same answer.',
          content: json(resolvedIntentSchema),
        },
      },
      refuses: [...refusedVotes, 'pin_required', 'wrong_resolver'],
    }),
    async (c) => {
      const {
        action,
        resolver_person_id = null,
        resolved_by = null,
        resolution_channel = null,
        ...rest
      } = c.req.valid('json')
      const intent = await resolveIntent(c.get('ctx'), c.req.valid('param').instance_id, {
        ...rest,
        vote: action,
        resolver_person_id,
        resolved_by,
        resolution_channel,
        ifMatch: ifMatch(c),
      })
      setTag(c, tagOfIntent(intent, c.get('ctx').now))
      return c.json(
        {
          approval_ref: intent.approval_ref,
          status: intent.status as 'pending' | 'approved' | 'rejected',
          resolved_at: iso(intent.decided_at),
          resolved_by: intent.decided_by,
          reported_by: intent.reported_by,
          resolver_role: intent.resolver_role ?? intent.approver_role,
          resolution_channel: intent.resolution_channel,
          outbox_id: intent.outbox_id,
          ...quorumOf(intent),
        },
        200,
      )
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/pending`,
      operationId: 'listPendingIntents',
      tags,
      summary: 'List what waits for a customer, oldest first',
      description: "What a channel shows to a customer, or to the owner on the customer's behalf.",
      roles: ['service'],
      faults: 'fastapi',
      request: { params: instanceParams, query: z.object({ ...cursorQuery(50), ...pendingQuery }) },
      responses: {
        200: {
          description: 'What waits; nothing that has expired. `Link` leads to the next page.',
          content: json(pendingIntentsSchema),
        },
      },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { customer_id, ...page } = c.req.valid('query')
      const { instance_id } = c.req.valid('param')
      const { rows, total, next } = await listPendingIntents(
        c.get('ctx'),
        instance_id,
        customer_id,
        cursorRequest(page, 50),
      )
      const { now } = c.get('ctx')
      const approvals = `[${rows.map((intent) => render(intent, now)).join(',')}]`
      return jsonText(c, withRaw({ total, next: linkNext(c, next) }, { approvals }), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/{approval_ref}`,
      operationId: 'getIntent',
      tagged: true,
      tags,
      summary: 'Read an intent and what became of it',
      description: 'Its status is that of this moment; once approved, it says where the call stands in the outbox.',
      roles: ['service'],
      faults: 'fastapi',
      request: { params: refParams },
      responses: { 200: { description: 'The intent.', content: json(intentInViewSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { instance_id, approval_ref } = c.req.valid('param')
      const intent = await getIntent(c.get('ctx'), instance_id, approval_ref)
      setTag(c, tagOfIntent(intent, c.get('ctx').now))
      return jsonText(c, renderInView(intent, c.get('ctx').now), 200)
    },
  )

/** It changes with the intent's own state and, once it is approved, with what is shown of its entry in the outbox. */
function tagOfIntent(intent: IntentInView, now: number): string {
  return `${tagAsOfNow({ ...intent, status: statusAt(intent, now) })}${intent.outbox_tag ?? ''}`
}

function render(intent: Intent, now: number): string {
  return withRaw(common(intent, now), { serialized_intent: intent.serialized_intent })
}

function renderInView(intent: IntentInView, now: number): string {
  const { resolver_role, resolution_channel, reported_by, outbox_id, outbox_status, outbox_attempt, outbox_error } =
    intent
  const { decided_at, decided_by } = standingOf(intent, now)
  const shown = {
    ...common(intent, now),
    resolved_at: iso(decided_at),
    resolved_by: decided_by,
    resolver_role,
    resolution_channel,
    reported_by,
    outbox_id,
    outbox_status,
    outbox_attempt,
    outbox_error,
  }
  return withRaw(shown, { serialized_intent: intent.serialized_intent })
}

function common(intent: Intent, now: number) {
  return {
    approval_ref: intent.approval_ref,
    status: statusAt(intent, now),
    digest: intent.digest,
    ...quorumOf(intent),
    instance_id: intent.instance_id,
    customer_id: intent.customer_id,
    action: intent.action,
    skill_slug: intent.skill_slug,
    approver_role: intent.approver_role,
    approver_person_id: intent.approver_person_id,
    rule_id: intent.rule_id,
    notify_channel: intent.notify_channel,
    created_at: iso(intent.created_at),
    expires_at: iso(intent.due_at),
  }
}
