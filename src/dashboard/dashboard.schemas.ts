import { z } from '@hono/zod-openapi'
import { next, total } from '../page.schemas.ts'

const time = z.iso.datetime()
const kinds = z.enum(['claim', 'change', 'intent', 'result'])
const statuses = z.enum(['pending', 'approved', 'rejected', 'withdrawn', 'expired'])

export const dashboardFilter = {
  customer_id: z
    .guid()
    .toLowerCase()
    .optional()
    .openapi({ description: 'Only what was asked on behalf of this customer.' }),
  status: z
    .string()
    .max(100)
    .optional()
    .openapi({
      description: `One of ${statuses.options.join(', ')}; of any other there are none.`,
      example: 'pending',
    }),
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
  .openapi('Approval', {
    example: {
      id: 'int_01jq8m2v9kf3wt6x5n4c7b8d9e',
      kind: 'intent',
      status: 'pending',
      title: 'payments: refund',
      requester: 'usr_service',
      created_at: '2026-03-16T14:00:00.000Z',
      due_at: '2026-03-17T14:00:00.000Z',
      decided_at: null,
      decided_by: null,
      approval_ref: 'APR-7K2M',
      customer_id: '160c0c4b-9966-4dc1-a916-8407eb10d74e',
    },
  })

export const dashboardSchema = z
  .object({ total, limit: z.int(), offset: z.int(), approvals: z.array(dashboardItemSchema), next })
  .openapi('Dashboard')
