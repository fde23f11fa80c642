import { z } from '@hono/zod-openapi'

/** Where the next page of a list begins. */
export const next = z.string().nullable().openapi({
  description: 'What to send as `cursor` for the next page; null at the end. The `Link` header says the same.',
  example: null,
})

/** How long a list is. */
export const total = z.int().nullable().openapi({
  description: 'How many there are in all; null where it would have to be counted, as with a time range.',
  example: 1,
})

/** Which page of a list it is. */
export const pagination = z.object({
  page: z.int().openapi({ example: 1 }),
  limit: z.int().openapi({ example: 20 }),
  total,
})
