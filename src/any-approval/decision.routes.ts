import type { z } from '@hono/zod-openapi'
import { endpoint, json } from '../http/endpoint.ts'
import { setTag } from '../http/preconditions.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { awaitDecision, type Seen } from './await-decision.ts'
import { decisionOf, type Decision } from './decision.ts'
import { decisionParams, decisionQuery, decisionSchema } from './decision.schemas.ts'

/** Waiting for the decision on an approval of any family. */
export const decisionRoutes = createRouter().openapi(
  endpoint({
    method: 'get',
    path: '/v1/approvals/{id}/decision',
    operationId: 'awaitDecision',
    tags: ['Any approval'],
    summary: 'Wait for the decision on an approval of any kind',
    description:
      'Answers at once if it is decided, else as soon as it is, or with `pending` after `wait` seconds: then ask again. ' +
      'A wait counts as one request against the rate limit, however long it takes.',
    roles: 'any',
    refuses: ['not_found'],
    tagged: true,
    takesBoundKeys: true,
    request: { params: decisionParams, query: decisionQuery },
    responses: { 200: { description: 'What has become of it so far.', content: json(decisionSchema) } },
  }),
  async (c) => {
    const { wait = 0 } = c.req.valid('query')
    const { bookmark, ...seen } = await awaitDecision(c.get('ctx'), c.req.valid('param').id, wait)
    if (bookmark !== undefined) c.set('bookmark', () => bookmark)
    const decision = decisionOf(seen.row, seen.now)
    setTag(c, decision.tag)
    return c.json(render(seen, decision), 200)
  },
)

export function render({ row }: Seen, decision: Decision) {
  const { id, kind, revision, digest } = row
  const { status, final, decidedBy, decidedAt, reason, retry } = decision
  const isApproved = ['approved', 'lapsed', 'revoked'].includes(status)
  const shown = {
    id,
    kind,
    revision,
    digest,
    approved_digest: isApproved ? (row.approved_digest ?? digest) : null,
    status,
    edited: row.approved_digest !== null,
    final,
    decided_by: decidedBy,
    decided_at: iso(decidedAt),
    reason,
    retry: typeof retry === 'number' ? iso(retry) : retry,
  }
  return shown as z.infer<typeof decisionSchema>
}
