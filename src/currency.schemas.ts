import { z } from '@hono/zod-openapi'
import { currencies } from './currencies.ts'

/** What an amount is counted in (ISO 4217). */
export const currency = z
  .string()
  .refine((code) => currencies.has(code), 'must be an ISO 4217 currency code in capitals, such as EUR')
  .openapi({ description: 'ISO 4217.', enum: [...currencies].sort(), example: 'CHF' })
