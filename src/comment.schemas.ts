import { z } from '@hono/zod-openapi'
import { saysSomething } from './unseen.ts'

/** What somebody says about a decision. */
export const comment = z
  .string()
  .trim()
  .min(1)
  .max(2000)
  .refine((text) => text === '' || saysSomething(text), 'must have something in it that one can see')
