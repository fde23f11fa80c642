import { endpoint, json } from '../http/endpoint.ts'
import { keptText } from '../http/faults.ts'
import { jsonText } from '../http/json-text.ts'
import { withRaw } from '../http/raw-json.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { entryParams, instanceParams } from './intents.schemas.ts'
import { ackSchema, entryInViewSchema, leasedSchema, leaseSchema, settledSchema } from './outbox.schemas.ts'
import { getEntry, leaseEntries, settleEntry } from './outbox.ts'
import type { EntryInView, LeasedEntry } from './outbox.store.ts'

const tags = ['Outbox']
const path = '/internal/v1/instances/{instance_id}/outbox'

/** The outbox: lease, ack, read one. */
export const outboxRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path: `${path}/lease`,
      operationId: 'leaseOutbox',
      tags,
      summary: 'Take approved calls to replay; each is leased to one caller at a time',
      description: 'An entry that is neither reported nor leased again in time is handed out anew, at most five times.',
      roles: ['service'],
      faults: 'fastapi',
      request: { params: instanceParams, body: { content: json(leaseSchema) } },
      responses: { 200: { description: 'What to replay, longest waiting first.', content: json(leasedSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { max = 10, lease_seconds = 60 } = c.req.valid('json')
      const entries = await leaseEntries(c.get('ctx'), c.req.valid('param').instance_id, {
        max,
        seconds: lease_seconds,
      })
      return jsonText(c, `{"entries":[${entries.map(render).join(',')}]}`, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'post',
      path: `${path}/{outbox_id}/ack`,
      operationId: 'ackOutbox',
      tags,
      summary: 'Report what came of a replay',
      description: 'The token has to be that of the current lease. A failure may ask for another attempt.',
      roles: ['service'],
      faults: 'fastapi',
      request: { params: entryParams, body: { required: true, content: json(ackSchema) } },
      keeps: { member: 'result' },
      responses: {
        200: { description: 'Noted; the same answer for the same report again.', content: json(settledSchema) },
      },
      refuses: ['not_found', 'lease_lost'],
    }),
    async (c) => {
      const { lease_token, outcome, error = null, retry } = c.req.valid('json')
      const { instance_id, outbox_id } = c.req.valid('param')
      const result = (await keptText(c)) ?? null
      const entry = await settleEntry(c.get('ctx'), instance_id, outbox_id, lease_token, {
        outcome,
        error,
        retry,
        result,
      })
      const { id, shown: status, attempt, finished_at } = entry
      return c.json({ outbox_id: id, status, attempt, error: entry.error, finished_at: iso(finished_at) }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/{outbox_id}`,
      operationId: 'getOutboxEntry',
      tags,
      summary: 'Read an approved call and what became of it; its lease token is never shown',
      description: 'For whoever wants to know without taking it.',
      roles: ['service'],
      faults: 'fastapi',
      request: { params: entryParams },
      responses: { 200: { description: 'The entry.', content: json(entryInViewSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { instance_id, outbox_id } = c.req.valid('param')
      const entry = await getEntry(c.get('ctx'), instance_id, outbox_id)
      return jsonText(c, renderInView(entry, c.get('ctx').now), 200)
    },
  )

function renderInView(entry: EntryInView, now: number): string {
  const shown = {
    outbox_id: entry.id,
    approval_ref: entry.approval_ref,
    action: entry.action,
    skill_slug: entry.skill_slug,
    status: entry.shown,
    approved_at: iso(entry.approved_at),
    execute_by: iso(entry.execute_by),
    attempt: entry.attempt,
    lease_expires_at: iso(entry.lease_until > now ? entry.lease_until : null),
    error: entry.error,
    finished_at: iso(entry.finished_at),
  }
  return withRaw(shown, { result: entry.result, serialized_intent: entry.serialized_intent })
}

function render(entry: LeasedEntry): string {
  const shown = {
    outbox_id: entry.id,
    approval_ref: entry.approval_ref,
    action: entry.action,
    skill_slug: entry.skill_slug,
    approved_at: iso(entry.approved_at),
    execute_by: iso(entry.execute_by),
    attempt: entry.attempt,
    lease_token: entry.lease_token,
    lease_expires_at: iso(entry.lease_until),
  }
  return withRaw(shown, { serialized_intent: entry.serialized_intent })
}
