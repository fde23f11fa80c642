import { z } from '@hono/zod-openapi'

/** Problem details (RFC 9457), with this service's `code` and `request_id`, and whatever members help. */
export const problemSchema = z
  .looseObject({
    type: z.url().openapi({ description: 'Explains the code, at /docs/errors/<code>.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().openapi({ description: 'What is wrong in this case.' }),
    /** The document lists all of them (`show-refusals.ts`). */
    code: z.string().openapi({ description: 'Stable: switch on this.' }),
    request_id: z.string(),
    errors: z
      .array(
        z.object({
          in: z.enum(['body', 'query', 'path', 'header']),
          pointer: z.string(),
          message: z.string(),
          type: z.string().optional(),
        }),
      )
      .optional()
      .openapi({
        description:
          'The faults of the input, up to 500; `pointer` is a JSON Pointer (RFC 6901) into the part named by `in`.',
      }),
    winner: z
      .object({ decision: z.string(), decided_by: z.string(), decided_at: z.iso.datetime() })
      .optional()
      .openapi({ description: 'Who decided, how and when, if somebody else was first.' }),
  })
  .openapi('Problem')

/** The faults of an input as FastAPI shows them, on endpoints whose callers expect that. */
export const validationErrorSchema = z
  .object({
    detail: z.array(
      z.object({
        loc: z.array(z.union([z.string(), z.int()])),
        msg: z.string(),
        type: z.string(),
        ctx: z.looseObject({}).optional().openapi({ description: 'What helps a program: the members of the problem.' }),
      }),
    ),
  })
  .openapi('HTTPValidationError')
