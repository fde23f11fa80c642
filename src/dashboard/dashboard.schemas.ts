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

const common = {
  id: z.string(),
  status: statuses,
  title: z.string(),
  requester: z.string(),
  created_at: time,
  due_at: time.nullable(),
  decided_at: time.nullable(),
  decided_by: z.string().nullable(),
}
const text = z.string()
const textOrNull = z.string().nullable()
const role = z.enum(['owner', 'customer'])

/** What is shown of an approval of each family, beside what all have in common. */
const ofClaim = z
  .object({
    ...common,
    kind: z.literal('claim'),
    claim_id: text,
    description: text,
    amount: z.int(),
    currency: text,
    expense_type: textOrNull,
    external_ref: textOrNull,
    submitted_by: text.openapi({ description: 'Whose key submitted it.' }),
  })
  .openapi('ClaimOnDashboard')
const ofChange = z
  .object({
    ...common,
    kind: z.literal('change'),
    entity_type: text,
    entity_id: text,
    entity_name: text,
    action: z.enum(['create', 'update', 'delete']),
  })
  .openapi('ChangeOnDashboard')
const ofIntent = z
  .object({
    ...common,
    kind: z.literal('intent'),
    approval_ref: text,
    instance_id: text,
    customer_id: text,
    action: text,
    skill_slug: text,
    approver_role: role,
    approver_person_id: textOrNull,
    rule_id: textOrNull,
    notify_channel: textOrNull,
    reported_by: textOrNull,
    outbox_id: textOrNull,
    outbox_status: z.enum(['pending', 'succeeded', 'failed', 'lapsed']).nullable(),
    outbox_attempt: z.int().nullable(),
    outbox_error: textOrNull,
  })
  .openapi('IntentOnDashboard')
const ofResult = z
  .object({
    ...common,
    kind: z.literal('result'),
    gate_id: text,
    confidence: z.number().nullable(),
    external_ref: textOrNull,
    queued_items: z.int(),
  })
  .openapi('ResultOnDashboard')

/** An approval of any family. */
export const dashboardItemSchema = z
  .discriminatedUnion('kind', [ofClaim, ofChange, ofIntent, ofResult])
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
  .object({ total, limit: z.int(), offset: z.int(), approvals: z.array(dashboardItemSchema), next })
  .openapi('Dashboard')
