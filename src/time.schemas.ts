import { z } from '@hono/zod-openapi'

/** A time in an answer (ISO 8601, UTC). */
export const time = z.iso.datetime()

/** A time that a caller gives, with its offset, with or without seconds (ISO 8601); in milliseconds. */
export const instant = z
  .union([z.iso.datetime({ offset: true }), z.iso.datetime({ offset: true, precision: -1 })], {
    error: ({ input }) =>
      `${input === undefined ? 'is required:' : 'must be'} a time with its offset, such as 2026-03-31T18:00:00Z (ISO 8601)`,
  })
  .transform((text) => Date.parse(text))
  .openapi({ type: 'string', format: 'date-time' })
