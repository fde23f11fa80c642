import { z } from '@hono/zod-openapi'
import { standingOf } from '../approvals/states.ts'
import { endpoint, json } from '../http/endpoint.ts'
import { createdRange, linkNext, longCursorQuery, offset, offsetRequest } from '../http/pagination.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { dashboardFilter, dashboardSchema, type dashboardItemSchema } from './dashboard.schemas.ts'
import type { DashboardRow } from './dashboard.store.ts'
import { listApprovals } from './list-approvals.ts'

/** The tenant's dashboard. */
export const dashboardRoutes = createRouter().openapi(
  endpoint({
    method: 'get',
    path: '/v1/approvals',
    operationId: 'listApprovals',
    tags: ['Dashboard'],
    summary: "List the tenant's approvals of all kinds, newest first",
    description:
      'Each has the members that all kinds have in common and those of its own `kind`. A status that does not exist gives an empty list.',
    roles: 'any',
    faults: 'fastapi',
    refuses: ['forbidden'],
    request: {
      query: z.object({
        ...dashboardFilter,
        ...longCursorQuery(50),
        offset,
        ...createdRange,
      }),
    },
    responses: {
      200: {
        description: 'A page of approvals; `Link` leads to the next.',
        content: json(dashboardSchema),
      },
    },
  }),
  async (c) => {
    const { customer_id: customerId, status, kind, ...rest } = c.req.valid('query')
    const page = offsetRequest(rest, 50)
    const { now } = c.get('ctx')
    const { rows, total, next } = await listApprovals(c.get('ctx'), { customerId, status, kind }, page)
    const approvals = rows.map((row) => render(row, now))
    return c.json({ total, limit: page.limit, offset: page.offset, approvals, next: linkNext(c, next) }, 200)
  },
)

function render({ on_due, family, ...row }: DashboardRow, now: number) {
  const { decided_at, ...standing } = standingOf({ ...row, on_due }, now)
  const times = { created_at: iso(row.created_at), due_at: iso(row.due_at), decided_at: iso(decided_at) }
  const common = { ...row, ...standing, ...times }
  return { ...(JSON.parse(family ?? '{}') as object), ...common } as z.infer<typeof dashboardItemSchema>
}
