import { z } from '@hono/zod-openapi'

/** What somebody says about a decision. */
export const comment = z.string().trim().min(1).max(2000)
