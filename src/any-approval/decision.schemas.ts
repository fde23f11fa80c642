import { z } from '@hono/zod-openapi'
import { statuses } from '../approvals/states.ts'
import { digest, revision } from '../digest.schemas.ts'
import { kinds } from '../families.ts'
import { id } from '../id.schemas.ts'
import { wholeNumber } from '../query.schemas.ts'
import { time } from '../time.schemas.ts'

/** The longest wait, in seconds. */
const longest = 50

export const decisionParams = z.object({ id: id.openapi({ example: 'int_demo1' }) })

export const decisionQuery = z.object({
  wait: wholeNumber(0, longest).optional().openapi({
    type: 'integer',
    minimum: 0,
    maximum: longest,
    description: 'How many seconds to wait for the decision. Without it, the answer comes at once.',
    example: 0,
  }),
})

/** What became of an approval. */
export const decisionSchema = z
  .object({
    id: z.string(),
    kind: z.enum(kinds),
    revision,
    digest,
    approved_digest: digest.nullable().openapi({
      description: 'The digest of what was approved; null if nothing was. Differs from `digest` if it was edited.',
    }),
    status: z.enum([...statuses, 'lapsed', 'revoked']).openapi({
      description: '`lapsed`: approved, but not used in time. `revoked`: approved, but taken back before it was used.',
    }),
    edited: z.boolean().openapi({ description: 'Whether it was approved with changes.' }),
    final: z.boolean().openapi({
      description:
        'Whether nobody can decide it or take a decision back any more; a request that was approved may still be revoked until it is redeemed. False also while the batch that approved it may still be cancelled, which makes it pending again.',
    }),
    decided_by: z.string().nullable(),
    decided_at: time.nullable(),
    reason: z.string().nullable().openapi({ description: 'What was said about it.' }),
    retry: z
      .union([z.enum(['never', 'changed']), time])
      .nullable()
      .openapi({
        description:
          'Whether it makes sense to ask again: `never`, only with something `changed`, or from this time on. Null while it is pending.',
      }),
  })
  .openapi('Decision', {
    example: {
      id: 'int_demo1',
      kind: 'intent',
      revision: 1,
      digest: '4b1f3f1f5d2c4c0c7cf1a1b1c4a7d3be9a2f2c7f4b7f0e6d5c4b3a2918070605',
      approved_digest: null,
      status: 'rejected',
      edited: false,
      final: true,
      decided_by: 'usr_owner',
      decided_at: '2026-03-16T14:30:00.000Z',
      reason: 'Not without the invoice.',
      retry: 'changed',
    },
  })
