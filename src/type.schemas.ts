import { z } from '@hono/zod-openapi'

/** The tenant's own word for what is asked. */
export const type = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/, 'must be a short name in lower case, such as deployment')
