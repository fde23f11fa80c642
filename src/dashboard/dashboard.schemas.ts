import { z } from '@hono/zod-openapi'

const time = z.iso.datetime()
const kinds = z.enum(['claim', 'change', 'intent', 'result'])
const statuses = z.enum(['pending', 'approved', 'rejected', 'withdrawn', 'expired'])

export const dashboardFilter = {
  customer_id: z.guid().optional().openapi({ description: 'Only what was asked on behalf of this customer.' }),
  status: statuses.optional(),
  kind: kinds.optional(),
}

/** An approval of any family: what all have in common, and the members of its own family. */
export const dashboardItemSchema = z
  .looseObject({
    id: z.string(),
    kind: kinds,
    status: statuses,
    title: z.string(),
    requester: z.string(),
    created_at: time,
    due_at: time.nullable(),
    decided_at: time.nullable(),
    decided_by: z.string().nullable(),
  })
  .openapi('Approval')

export const dashboardSchema = z
  .object({ total: z.int(), limit: z.int(), offset: z.int(), approvals: z.array(dashboardItemSchema) })
  .openapi('Dashboard')
