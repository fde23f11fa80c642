import { z } from '@hono/zod-openapi'
import { mostApprovals } from '../approvals/feasible.ts'
import { roles } from '../context.ts'
import { faultMessage } from '../fault-messages.ts'
import { id } from '../id.schemas.ts'

export const role = z.enum(roles)
export const approvals = z
  .int()
  .min(1)
  .max(mostApprovals)
  .openapi({ description: 'How many different people have to approve.' })

const ofGroup = z.strictObject({ group: id, approvals })
const ofRole = z.strictObject({ role, approvals })

/** So many people of a group, or so many with a role. */
export const requirement = z
  .union([ofGroup, ofRole])
  .superRefine(sayFaults, { when: () => true })
  .openapi('PolicyRequirement', {
    description: 'How many people of a group, or with a role, have to approve.',
    example: { group: 'grp_finance', approvals: 1 },
  })

/** Has what is wrong told of the form that was meant, where it is; of itself a union says only that neither fits. */
function sayFaults(asked: unknown, { issues }: z.RefinementCtx): void {
  if (issues.length === 0) return
  // Unknown members are gone from what fits but for them; the fault has them.
  const sent = issues.find(({ code }) => code === 'unrecognized_keys')?.input ?? asked
  if (typeof sent !== 'object' || sent === null) return
  issues.splice(0, issues.length, ...(faultsOf(sent) as z.core.$ZodRawIssue[]))
}

function faultsOf(asked: object): z.core.$ZodIssue[] {
  const [isOfGroup, isOfRole] = [Object.hasOwn(asked, 'group'), Object.hasOwn(asked, 'role')]
  const form = isOfRole && !isOfGroup ? ofRole : ofGroup
  const found = form.safeParse(asked, { error: faultMessage, reportInput: true }).error?.issues ?? []
  if (isOfGroup !== isOfRole) return found
  const message = isOfGroup ? 'takes a group or a role, not both' : 'needs a group or a role'
  return [{ code: 'custom', message, path: [] }, ...found.flatMap(ofEither)]
}

/** A fault of what both forms have. */
function ofEither(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.path[0] === 'group') return []
  if (issue.code !== 'unrecognized_keys') return [issue]
  const keys = issue.keys.filter((key) => key !== 'role')
  return keys.length > 0 ? [{ ...issue, keys }] : []
}
