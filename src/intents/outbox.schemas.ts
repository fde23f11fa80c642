import { z } from '@hono/zod-openapi'
import { time } from '../time.schemas.ts'
import { text, entryStatusSchema } from './intents.schemas.ts'

export const leaseSchema = z
  .strictObject({
    max: z.int().min(1).max(100).default(10),
    lease_seconds: z.int().min(5).max(900).default(60),
  })
  .openapi('Lease', { example: { max: 10, lease_seconds: 60 } })

export const leasedSchema = z
  .object({
    entries: z.array(
      z.object({
        outbox_id: z.string(),
        approval_ref: z.string(),
        action: z.string(),
        skill_slug: z.string(),
        approved_at: time,
        execute_by: time,
        attempt: z.int(),
        lease_token: z.string(),
        lease_expires_at: time,
        serialized_intent: z.looseObject({}),
      }),
    ),
  })
  .openapi('LeasedEntries', {
    example: {
      entries: [
        {
          outbox_id: 'out_demo0001',
          approval_ref: 'APR-7K2M',
          action: 'refund',
          skill_slug: 'payments',
          approved_at: '2026-03-16T14:30:00.000Z',
          execute_by: '2026-03-17T14:30:00.000Z',
          attempt: 1,
          lease_token: 'lse_demo0001',
          lease_expires_at: '2026-03-16T14:31:00.000Z',
          serialized_intent: { order: 'o_1001', amount: 49.9 },
        },
      ],
    },
  })

/**
 * Only what has failed has an error, and is tried again. Looked at beside all other faults, so whatever was sent may
 * come here.
 */
function onlyFailedHas(sent: unknown, refinement: z.RefinementCtx) {
  const { outcome, error, retry } = (sent ?? {}) as Record<string, unknown>
  if (outcome !== 'succeeded') return
  const foreign = [...(typeof error === 'string' ? ['error'] : []), ...(retry === true ? ['retry'] : [])]
  for (const name of foreign) refinement.addIssue({ code: 'custom', message: 'belongs to failed only', path: [name] })
}

export const ackSchema = z
  .strictObject({
    lease_token: text(100),
    outcome: z.enum(['succeeded', 'failed']),
    result: z.unknown().optional().openapi({ description: 'What came of it: any JSON up to 256 KiB.' }),
    error: z.string().min(1).max(2000).nullish().openapi({ description: 'Why it failed.' }),
    retry: z
      .boolean()
      .default(false)
      .openapi({ description: 'Whether a failed entry is to be handed out again; at most 5 attempts in all.' }),
  })
  .superRefine(onlyFailedHas, { when: () => true })
  .openapi('OutboxAck', {
    example: { lease_token: 'lse_demo0001', outcome: 'succeeded', result: { refund: 're_77' } },
  })

export const settledSchema = z
  .object({
    outbox_id: z.string(),
    status: entryStatusSchema,
    attempt: z.int(),
    error: z.string().nullable(),
    finished_at: time.nullable(),
  })
  .openapi('OutboxEntry', {
    example: {
      outbox_id: 'out_demo0001',
      status: 'succeeded',
      attempt: 1,
      error: null,
      finished_at: '2026-03-16T14:30:05.000Z',
    },
  })

/** An entry of the outbox with its call, never with its token. */
export const entryInViewSchema = z
  .object({
    outbox_id: z.string(),
    approval_ref: z.string(),
    action: z.string(),
    skill_slug: z.string(),
    status: entryStatusSchema,
    approved_at: time,
    execute_by: time,
    attempt: z.int().openapi({ description: 'How many times it was handed out.' }),
    lease_expires_at: time.nullable().openapi({ description: 'When the current lease ends; null if not leased.' }),
    error: z.string().nullable(),
    finished_at: time.nullable(),
    result: z.unknown().openapi({ description: 'The result that was reported; null if none was.' }),
    serialized_intent: z.looseObject({}),
  })
  .openapi('OutboxEntryInView', {
    example: {
      outbox_id: 'out_demo0001',
      approval_ref: 'APR-7K2M',
      action: 'refund',
      skill_slug: 'payments',
      status: 'succeeded',
      approved_at: '2026-03-16T14:30:00.000Z',
      execute_by: '2026-03-17T14:30:00.000Z',
      attempt: 1,
      lease_expires_at: null,
      error: null,
      finished_at: '2026-03-16T14:30:05.000Z',
      result: { refund: 're_77' },
      serialized_intent: { order: 'o_1001', amount: 49.9 },
    },
  })
