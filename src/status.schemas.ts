import { z } from '@hono/zod-openapi'
import { statuses } from './approvals/states.ts'

/** Where an approval stands. */
export const status = z.enum(statuses)

/** Where an approval stands that is never withdrawn and does not expire. */
export const decidedStatus = z.enum(['pending', 'approved', 'rejected'])
