import { z } from '@hono/zod-openapi'
import { digest } from '../digest.schemas.ts'
import { id } from '../id.schemas.ts'
import { action, foreignId, skillSlug } from '../matched.schemas.ts'
import { next } from '../page.schemas.ts'
import { quorumShape } from '../quorum.schemas.ts'
import { time } from '../time.schemas.ts'
import { personId } from '../user-id.schemas.ts'

export const text = (most: number) => z.string().min(1).max(most)
export const role = z.enum(['owner', 'customer'])

export const instanceParams = z.object({
  instance_id: foreignId.openapi({ example: '497f6eca-6276-4993-bfeb-53cbbbba6f08' }),
})
export const refParams = instanceParams.extend({
  approval_ref: text(50).openapi({ description: 'In upper or lower case.', example: 'APR-7K2M' }),
})
export const entryParams = instanceParams.extend({
  outbox_id: id.openapi({ example: 'out_demo0001' }),
})

/** A call that waits for a person. */
export const newIntentSchema = z
  .strictObject({
    action: action.openapi({ description: 'What the agent wants to do.', example: 'refund' }),
    skill_slug: skillSlug.openapi({ example: 'payments' }),
    customer_id: foreignId.openapi({ example: '160c0c4b-9966-4dc1-a916-8407eb10d74e' }),
    serialized_intent: z.looseObject({}).openapi({
      description:
        'Everything needed to replay the call once it is approved; up to 256 KiB, nested to depth 64, handed back as sent.',
      example: { amount: 1.1 },
    }),
    approver_role: role.default('customer').openapi({ description: 'Who has to decide.' }),
    approver_person_id: personId
      .nullish()
      .openapi({ description: 'The only person who may decide, if it has to be a certain one.' }),
    expires_in_hours: z.int().min(1).max(168).default(24).openapi({ description: 'How long the decision may take.' }),
    idempotency_key: text(255)
      .nullish()
      .openapi({ description: 'Works like the Idempotency-Key header, per instance.' }),
    notify_channel: text(200).nullish(),
    rule_id: text(200).nullish().openapi({ description: 'The rule that asked for this.' }),
  })
  .openapi('NewIntent', {
    example: {
      action: 'refund',
      skill_slug: 'payments',
      customer_id: '160c0c4b-9966-4dc1-a916-8407eb10d74e',
      serialized_intent: { order: 'o_1001', amount: 49.9, currency: 'EUR' },
    },
  })

/** As much of a faulty one as more faults can be found by. */
export const partOfIntent = z.object({ idempotency_key: z.unknown() }).partial().catch({})

const asked = {
  approval_ref: z.string().openapi({ description: 'Short enough to be read out loud.', example: 'APR-7K2M' }),
  status: z.enum(['pending', 'approved', 'rejected', 'expired']),
  digest,
  instance_id: foreignId,
  customer_id: foreignId,
  action: z.string(),
  skill_slug: z.string(),
  approver_role: role,
  approver_person_id: z.string().nullable(),
  rule_id: z.string().nullable(),
  notify_channel: z.string().nullable(),
  created_at: time,
  expires_at: time,
  ...quorumShape,
  serialized_intent: z.looseObject({}),
}

const askedExample = {
  approval_ref: 'APR-7K2M',
  status: 'pending' as const,
  digest: '509460e13a5cd0ecd9de4c11d25bc7e22842ca20df0dc4ef04fe1d1ccb73329f',
  instance_id: '497f6eca-6276-4993-bfeb-53cbbbba6f08',
  customer_id: '497f6eca-6276-4993-bfeb-53cbbbba6f08',
  action: 'refund',
  skill_slug: 'payments',
  approver_role: 'customer' as const,
  approver_person_id: null,
  rule_id: null,
  notify_channel: null,
  created_at: '2026-03-16T14:00:00.000Z',
  expires_at: '2026-03-17T14:00:00.000Z',
  serialized_intent: { order: 'o_1001', amount: 49.9, currency: 'EUR' },
}

/** An intent. */
export const intentSchema = z.object(asked).openapi('Intent', { example: askedExample })

export const entryStatusSchema = z
  .enum(['pending', 'succeeded', 'failed', 'lapsed'])
  .openapi({ description: '`pending`: waiting to be handed out, or leased. `lapsed`: not replayed in time.' })

/** An intent with what became of it. */
export const intentInViewSchema = z
  .object({
    ...asked,
    resolved_at: time.nullable(),
    resolved_by: z.string().nullable(),
    resolver_role: role.nullable(),
    resolution_channel: z.string().nullable(),
    reported_by: z.string().nullable().openapi({ description: 'The user whose key reported the answer.' }),
    outbox_id: z
      .string()
      .nullable()
      .openapi({ description: 'Where an approved call waits, or waited, to be replayed.' }),
    outbox_status: entryStatusSchema.nullable(),
    outbox_attempt: z.int().nullable().openapi({ description: 'How many times it was handed out.' }),
    outbox_error: z.string().nullable(),
  })
  .openapi('IntentInView', {
    example: {
      ...askedExample,
      resolved_at: null,
      resolved_by: null,
      resolver_role: null,
      resolution_channel: null,
      reported_by: null,
      outbox_id: null,
      outbox_status: null,
      outbox_attempt: null,
      outbox_error: null,
    },
  })

export const pendingIntentsSchema = z
  .object({ total: z.int().openapi({ example: 1 }), approvals: z.array(intentSchema), next })
  .openapi('PendingIntents')

/** A person's answer, as the agent platform reports it. */
export const resolutionSchema = z
  .strictObject({
    action: z.enum(['approve', 'reject']),
    approval_ref: text(50).openapi({ description: 'In upper or lower case.', example: 'APR-7K2M' }),
    pin_verified: z.boolean().openapi({ description: "Whether the person's PIN was verified; approving requires it." }),
    resolver_role: role,
    resolver_person_id: personId.nullish(),
    resolved_by: personId
      .nullish()
      .openapi({ description: "Who decided; if left out, `resolver_person_id`, or else the key's user." }),
    resolution_channel: text(200).nullish(),
    execute_within_hours: z
      .int()
      .min(1)
      .max(168)
      .default(24)
      .openapi({ description: 'How long the call may be replayed once it is approved.' }),
  })
  .openapi('IntentResolution', {
    example: {
      action: 'approve',
      approval_ref: 'APR-7K2M',
      pin_verified: true,
      resolver_role: 'customer',
      resolved_by: 'ann',
    },
  })

export const resolvedIntentSchema = z
  .object({
    approval_ref: z.string(),
    status: z.enum(['pending', 'approved', 'rejected']),
    resolved_at: time.nullable().openapi({ description: 'Null while more approvals are needed.' }),
    resolved_by: z.string().nullable(),
    reported_by: z
      .string()
      .nullable()
      .openapi({ description: 'Whose key reported it; `resolved_by` is who it named.' }),
    resolver_role: role,
    resolution_channel: z.string().nullable(),
    outbox_id: z.string().nullable().openapi({ description: 'Where an approved call waits to be replayed.' }),
    ...quorumShape,
  })
  .openapi('ResolvedIntent', {
    example: {
      approval_ref: 'APR-7K2M',
      status: 'approved',
      resolved_at: '2026-03-16T14:30:00.000Z',
      resolved_by: 'ann',
      reported_by: 'usr_service',
      resolver_role: 'customer',
      resolution_channel: 'sms',
      outbox_id: 'out_demo0001',
    },
  })

export const pendingQuery = {
  customer_id: foreignId.openapi({ example: '497f6eca-6276-4993-bfeb-53cbbbba6f08' }),
}

/** What a list over all families shows of an intent. */
export const shownIntent = {
  approval_ref: z.string(),
  instance_id: z.string(),
  customer_id: z.string(),
  action: z.string(),
  skill_slug: z.string(),
  approver_role: role,
  approver_person_id: z.string().nullable(),
  rule_id: z.string().nullable(),
  notify_channel: z.string().nullable(),
  reported_by: z.string().nullable(),
  outbox_id: z.string().nullable(),
  outbox_status: z.enum(['pending', 'succeeded', 'failed', 'lapsed']).nullable(),
  outbox_attempt: z.int().nullable(),
  outbox_error: z.string().nullable(),
}
