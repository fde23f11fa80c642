import { z } from '@hono/zod-openapi'

/** A time in an answer (ISO 8601, UTC). */
export const time = z.iso.datetime()

/** The last instant that is written with four digits for its year. */
const latest = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** A time that a caller gives, with its offset, with or without seconds (ISO 8601); in milliseconds. */
export const instant = z
  .union([z.iso.datetime({ offset: true }), z.iso.datetime({ offset: true, precision: -1 })], {
    error: ({ input }) =>
      `${input === undefined ? 'is required:' : 'must be'} a time with its offset, such as 2026-03-31T18:00:00Z (ISO 8601)`,
  })
  .transform((text) => Date.parse(text))
  .refine((ms) => ms <= latest, 'must not be later than the year 9999 (ISO 8601)')
  .openapi({ type: 'string', format: 'date-time' })
