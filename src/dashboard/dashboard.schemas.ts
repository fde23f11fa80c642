import { z } from '@hono/zod-openapi'
import { statuses } from '../approvals/states.ts'
import { families, kinds } from '../families.ts'
import { next, total } from '../page.schemas.ts'
import { status } from '../status.schemas.ts'
import { time } from '../time.schemas.ts'
import { inPascalCase } from '../words.ts'

const kind = z.enum(kinds)

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
      description: `One of ${statuses.join(', ')}; any other gives an empty list.`,
      example: 'pending',
    }),
  kind: kind.optional(),
}

const common = {
  id: z.string(),
  status,
  title: z.string(),
  requester: z.string(),
  created_at: time,
  due_at: time.nullable(),
  decided_at: time.nullable(),
  decided_by: z.string().nullable(),
}
/** What is shown of an approval of each family, beside the members that all have. */
const ofFamilies = families.map(({ kind, shows }) =>
  z.object({ ...common, kind: z.literal(kind), ...shows.members }).openapi(`${inPascalCase(kind)}OnDashboard`),
)

/** An approval of any family. */
export const dashboardItemSchema = z
  .discriminatedUnion('kind', ofFamilies as [(typeof ofFamilies)[number], ...typeof ofFamilies])
  .openapi('Approval', {
    example: {
      id: 'int_demo1',
      kind: 'intent',
      status: 'pending',
      title: 'payments: refund',
      requester: 'usr_service',
      created_at: '2026-03-16T14:00:00.000Z',
      due_at: '2026-03-17T14:00:00.000Z',
      decided_at: null,
      decided_by: null,
      approval_ref: 'APR-7K2M',
      instance_id: '497f6eca-6276-4993-bfeb-53cbbbba6f08',
      customer_id: '497f6eca-6276-4993-bfeb-53cbbbba6f08',
      action: 'refund',
      skill_slug: 'payments',
      approver_role: 'customer',
      approver_person_id: null,
      rule_id: null,
      notify_channel: null,
      reported_by: null,
      outbox_id: null,
      outbox_status: null,
      outbox_attempt: null,
      outbox_error: null,
    },
  })

export const dashboardSchema = z
  .object({
    total,
    limit: z.int().openapi({ example: 50 }),
    offset: z.int().openapi({ example: 0 }),
    approvals: z.array(dashboardItemSchema),
    next,
  })
  .openapi('Dashboard')
