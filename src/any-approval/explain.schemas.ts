import { z } from '@hono/zod-openapi'
import { digest, revision } from '../digest.schemas.ts'
import { status } from '../status.schemas.ts'
import { governingSchema, requirementShape, stageShape } from './any-approval.schemas.ts'

const maySchema = z
  .object({
    allowed: z.boolean(),
    code: z.string().openapi({
      description:
        '`allowed`; `repeat` if you have done it already, and repeating it gives the same answer; else the code that refuses it.',
    }),
    reason: z.string().openapi({ description: 'The same in a sentence.' }),
  })
  .openapi('May')

/** What an approval still takes, and what the caller may do about it. */
export const explanationSchema = z
  .object({
    id: z.string(),
    status,
    revision,
    digest,
    policy: governingSchema,
    stages: z.array(
      z.object({
        ...stageShape,
        all: z.array(
          z.object({
            ...requirementShape,
            missing: z.int(),
            voters: z.array(z.string()).nullable().openapi({
              description: 'Whose votes count for it; null unless you are an admin or may decide in some stage.',
            }),
          }),
        ),
      }),
    ),
    confirmation: z
      .enum(['waiting', 'open', 'given'])
      .nullable()
      .openapi({
        description:
          'Under a policy where a customer has the last word through a channel: whether that waits for the stages ' +
          '(`waiting`), is due (`open`) or was `given`. Else null.',
      }),
    may: z.object({ approve: maySchema, reject: maySchema, withdraw: maySchema }),
  })
  .openapi('Explanation', {
    example: {
      id: 'clm_demo0009',
      status: 'pending',
      revision: 1,
      digest: '252ceefa8e5005fc433ea5226863920a994314ba95e5fb2993d9dc6e06145326',
      policy: null,
      stages: [
        {
          name: null,
          status: 'open',
          all: [{ group: null, roles: ['coordinator', 'admin'], approvals: 1, given: 0, missing: 1, voters: [] }],
        },
      ],
      confirmation: null,
      may: {
        approve: { allowed: true, code: 'allowed', reason: 'You may do this now.' },
        reject: { allowed: true, code: 'allowed', reason: 'You may do this now.' },
        withdraw: {
          allowed: false,
          code: 'not_requester',
          reason: 'clm_demo0009 was asked for by somebody else; only they can withdraw it.',
        },
      },
    },
  })
