import { z } from '@hono/zod-openapi'

/** What somebody says of a decision. */
export const comment = z.string().trim().min(1).max(2000)
