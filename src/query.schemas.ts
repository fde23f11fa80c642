import { z } from '@hono/zod-openapi'

/** A whole number in a query string: digits only, so that `1e3`, ` 5` and an empty value are faults. */
export function wholeNumber(least: number, most: number, tooMuch?: string) {
  return z
    .string()
    .regex(/^\d{1,15}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .pipe(z.number().min(least).max(most, tooMuch))
}
