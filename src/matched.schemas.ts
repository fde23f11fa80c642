import { z } from '@hono/zod-openapi'

/*
 * What policies match on, as families take it: one schema for both, so that no policy waits for what nothing can be.
 */

/** What an agent wants to do. */
export const action = z.string().min(1).max(100)

/** The skill that it does it with. */
export const skillSlug = action

/** An id of another system: any version of UUID, in any case. */
export const foreignId = z.guid().toLowerCase()

/** What an expense is for, in the tenant's own words. */
export const expenseType = z.string().trim().min(1).max(50)

/** Part of an entity's address. */
export const part = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => text !== '.' && text !== '..', 'must not be . or .., which no URL can name')
