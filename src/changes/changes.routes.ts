import { z } from '@hono/zod-openapi'
import { quorumOf } from '../approvals/approval.ts'
import { ballotOf, undecidable, unwithdrawable } from '../http/ballots.ts'
import { endpoint, json } from '../http/endpoint.ts'
import { keptText } from '../http/faults.ts'
import { jsonText } from '../http/json-text.ts'
import { createdRange, cursorQuery, cursorRequest, linkNext } from '../http/pagination.ts'
import { ifMatch, setTag } from '../http/preconditions.ts'
import { withRaw } from '../http/raw-json.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { changeTag } from './change-tag.ts'
import {
  changeInViewSchema,
  changeParams,
  changeSchema,
  changesSchema,
  changeStatusSchema,
  filterText,
  newChangeSchema,
  resolvedSchema,
  resolveSchema,
} from './changes.schemas.ts'
import type { Change, ChangeInView } from './changes.store.ts'
import { getChange, listChanges } from './read-changes.ts'
import { requestChange } from './request-change.ts'
import { resolveChange, withdrawChange } from './resolve-change.ts'

const tags = ['Change approvals']
const path = '/api/v1/approvals'

/** Change requests: ask, read, resolve, withdraw. */
export const changeRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'get',
      path,
      operationId: 'listChanges',
      tags,
      summary: 'List change requests by status, newest first',
      description: 'A bare array. Pending ones unless `status` says otherwise.',
      roles: 'any',
      request: {
        query: z.object({
          ...cursorQuery(50),
          status: changeStatusSchema.optional().openapi({ default: 'pending' }),
          entityType: filterText.optional(),
          entityId: filterText.optional(),
          requesterId: filterText.optional(),
          createdFrom: createdRange.created_from,
          createdBefore: createdRange.created_before,
        }),
      },
      responses: {
        200: { description: 'Change requests; `Link` leads to the next page.', content: json(changesSchema) },
      },
    }),
    async (c) => {
      const { status = 'pending', limit, cursor, createdFrom, createdBefore, ...filter } = c.req.valid('query')
      const narrowed = status === 'all' ? filter : { ...filter, status }
      const page = cursorRequest({ limit, cursor, created_from: createdFrom, created_before: createdBefore }, 50)
      const { rows, next } = await listChanges(c.get('ctx'), narrowed, page)
      linkNext(c, next)
      return jsonText(c, `[${rows.map(render).join(',')}]`, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'post',
      path,
      operationId: 'requestChange',
      tags,
      summary: 'Ask for a change to a stored entity',
      description:
        'The payload of an update is a JSON Merge Patch (RFC 7396), that of a creation the whole entity; it is kept as sent.',
      roles: 'any',
      creates: true,
      request: { body: { required: true, content: json(newChangeSchema) } },
      keeps: { member: 'payload', isUnique: true },
      responses: { 201: { description: 'The request, pending.', content: json(changeSchema) } },
      refuses: ['entity_exists', 'entity_not_found', 'policy_needs_member'],
    }),
    async (c) => {
      const { entityType, entityId, entityName, action } = c.req.valid('json')
      const sent = await keptText(c)
      const change = await requestChange(c.get('ctx'), {
        entity_type: entityType,
        entity_id: entityId,
        entity_name: entityName,
        action,
        payload: sent ?? (action === 'create' ? '{}' : null),
      })
      return jsonText(c, render(change), 201)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/{id}`,
      operationId: 'getChange',
      tagged: true,
      tags,
      summary: 'Read a change request, and what it would do',
      description:
        'While it is pending, `preview`, `baseVersion`, `currentVersion` and `stale` compare it with what is stored now.',
      roles: 'any',
      request: { params: changeParams('approval_001') },
      responses: { 200: { description: 'The request.', content: json(changeInViewSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const change = await getChange(c.get('ctx'), c.req.valid('param').id)
      setTag(c, changeTag(change))
      return jsonText(c, renderInView(change), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'post',
      path: `${path}/{id}`,
      operationId: 'resolveChange',
      tags,
      summary: 'Approve or reject a change request; an approved one is applied at once',
      description:
        'If the entity has changed since the request was made, approving requires an If-Match that shows that you have seen the new state.',
      roles: ['admin'],
      yieldsToPolicies: true,
      request: { params: changeParams('approval_001'), body: { required: true, content: json(resolveSchema) } },
      responses: {
        200: {
          description: 'Resolved; repeating the same decision gives the same answer.',
          content: json(resolvedSchema),
        },
      },
      refuses: [...undecidable, 'entity_not_found', 'entity_exists', 'stale', 'entity_too_large', 'entity_not_object'],
    }),
    async (c) => {
      const { action, comments: comment } = c.req.valid('json')
      const ballot = ballotOf(c, action, { comment })
      const change = await resolveChange(c.get('ctx'), c.req.valid('param').id, ballot)
      setTag(c, changeTag(change))
      const status = change.status as 'pending' | 'approved' | 'rejected'
      return c.json({ id: change.id, status, ...resolution(change), ...quorum(change) }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'delete',
      path: `${path}/{id}`,
      operationId: 'withdrawChange',
      tags,
      summary: 'Withdraw a change request of your own',
      description: 'Only the requester can, and only until it is resolved.',
      roles: 'any',
      request: { params: changeParams('approval_002') },
      responses: { 200: { description: 'The request, withdrawn.', content: json(changeSchema) } },
      refuses: unwithdrawable,
    }),
    async (c) => {
      const change = await withdrawChange(c.get('ctx'), c.req.valid('param').id, ifMatch(c))
      setTag(c, changeTag(change))
      return jsonText(c, render(change), 200)
    },
  )

function common(change: Change) {
  return {
    id: change.id,
    entityType: change.entity_type,
    entityId: change.entity_id,
    entityName: change.entity_name,
    action: change.action,
    status: change.status,
    digest: change.digest,
    requesterId: change.requester_id,
    requesterName: change.requester_name,
    createdAt: iso(change.created_at),
    ...quorum(change),
  }
}

function render(change: Change): string {
  return withRaw(common(change), { payload: change.payload })
}

function renderInView(change: ChangeInView): string {
  const { payload, preview, version, base_version, latest, applies } = change
  if (change.status !== 'pending') {
    const resolved = change.status === 'approved' || change.status === 'rejected' ? resolution(change) : {}
    return withRaw({ ...common(change), ...resolved }, { payload })
  }
  const seen = {
    baseVersion: base_version === 0 || change.action === 'create' ? null : base_version,
    currentVersion: version,
    stale: applies === 1 && latest !== base_version,
  }
  return withRaw({ ...common(change), ...seen }, { payload, preview })
}

/** In the casing of this path. */
function quorum(change: Change) {
  const { approvals, required_approvals: requiredApprovals } = quorumOf(change)
  return approvals === undefined ? {} : { approvals, requiredApprovals }
}

function resolution(change: ChangeInView) {
  return {
    approverId: change.decided_by,
    approverName: change.decider_name ?? change.decided_by,
    comments: change.comment,
    resolvedAt: iso(change.decided_at),
    applied: change.made_version !== null,
    version: change.made_version,
  }
}
