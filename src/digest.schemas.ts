import { z } from '@hono/zod-openapi'

/** What identifies a question that is asked for approval. */
export const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be a digest: 64 hexadecimal digits in lower case')
  .openapi({
    description: 'SHA-256 of what is asked, in its canonical form (RFC 8785): lower-case hexadecimal.',
    example: '252ceefa8e5005fc433ea5226863920a994314ba95e5fb2993d9dc6e06145326',
  })

/** The digest of the question as the person deciding saw it. */
export const seenDigest = digest.nullish().openapi({
  description: 'The digest of the question that you have seen: if something else is asked by now, nothing is decided.',
})

/** Which question it is. */
export const revision = z.int().openapi({ description: '1, and one more for each amendment.', example: 1 })
