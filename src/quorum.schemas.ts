import { z } from '@hono/zod-openapi'

/** How many have said yes under a policy; there only where one holds. */
export const approvals = z.int().optional().openapi({ description: 'Under a policy: how many have approved so far.' })

/** How many that takes. */
export const requiredApprovals = z
  .int()
  .optional()
  .openapi({ description: 'Under a policy: how many have to approve.' })

/** Of an approval under a policy. */
export const quorumShape = { approvals, required_approvals: requiredApprovals }
