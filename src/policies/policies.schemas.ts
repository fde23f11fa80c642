import { z } from '@hono/zod-openapi'
import { mostApprovals } from '../approvals/feasible.ts'
import { operators } from '../comparison.ts'
import { roles } from '../context.ts'
import { currency } from '../currency.schemas.ts'
import { distinct } from '../distinct.schemas.ts'
import { kinds } from '../families.ts'
import { id } from '../id.schemas.ts'
import { isField } from '../json-reader.ts'
import { action, expenseType, foreignId, part, skillSlug } from '../matched.schemas.ts'
import { next } from '../page.schemas.ts'
import { time } from '../time.schemas.ts'
import { type } from '../type.schemas.ts'
import { policyFaults } from './policy-faults.ts'
import { approvals, requirement, role } from './requirement.schemas.ts'

/** The address of a policy, with one of the demo data to try it with. */
export const policyParams = (example: string) => z.object({ id: id.openapi({ example }) })

const name = z.string().trim().min(1).max(200)

const where = z
  .strictObject({
    field: z
      .string()
      .min(1)
      .max(500)
      .refine(isField, 'is not a JSON Pointer (RFC 6901): ~ must be followed by 0 or 1')
      .openapi({
        description:
          'A JSON Pointer (RFC 6901), or the plain name of a member, in `details`, `payload`, `serialized_intent` or `data`; for claims, in the claim itself.',
      }),
    op: z.enum(operators),
    value: z
      .union([z.string().max(1_000), z.number(), z.boolean()], {
        error: 'must be a text of at most 1,000 characters, a number, true or false',
      })
      .openapi({ description: 'Numbers are compared as the decimals that are written.' }),
    missing: z.enum(['match', 'no_match']).optional().openapi({
      description:
        'What the condition counts as if the member is missing or of another type than `value`. Without this, asking is refused then: 422 `policy_needs_member`.',
    }),
  })
  .openapi('PolicyCondition', { example: { field: '/amount', op: '>', value: 1000 } })

const match = z
  .strictObject({
    kind: z.enum(kinds).optional(),
    type: type.optional().openapi({ description: 'For requests.' }),
    entity_type: part.optional().openapi({ description: 'For changes.' }),
    change_action: z.enum(['create', 'update', 'delete']).optional().openapi({ description: 'For changes.' }),
    action: action.optional().openapi({ description: 'For intents.' }),
    skill_slug: skillSlug.optional().openapi({ description: 'For intents.' }),
    instance_id: foreignId.optional().openapi({ description: 'For intents; in upper or lower case.' }),
    gate_id: id.optional().openapi({ description: 'For results.' }),
    expense_type: expenseType.optional().openapi({ description: 'For claims.' }),
    currency: currency.optional().openapi({ description: 'For claims (ISO 4217).' }),
    min_amount: z
      .int()
      .min(1)
      .optional()
      .openapi({ description: 'For claims: this much or more, in minor units of `currency`.' }),
    requester_group: id.optional().openapi({ description: 'A group that the requester is in.' }),
    where: z.array(where).max(20).optional().openapi({ description: 'All of them have to hold.' }),
  })
  .openapi('PolicyMatch', {
    description:
      'What the policy applies to. Each member narrows it; a member that only one kind has requires that `kind`.',
    example: { kind: 'intent', action: 'refund', where: [{ field: '/amount', op: '>', value: 1000 }] },
  })

export const stage = z
  .strictObject({ name: z.string().trim().min(1).max(100), all: z.array(requirement).min(1).max(10) })
  .openapi('PolicyStage', { example: { name: 'peer', all: [{ group: 'grp_support', approvals: 1 }] } })

export const expires = z
  .strictObject({ after_hours: z.int().min(1).max(8760), then: z.enum(['expire', 'reject', 'approve']) })
  .nullable()
  .openapi('PolicyClock', {
    description:
      'What happens to an approval that nobody has decided by then; null: nothing. If there are several clocks, the earliest counts.',
    example: { after_hours: 48, then: 'expire' },
  })

const settings = {
  name: name.openapi({ example: 'Big refunds' }),
  priority: z.int().min(0).max(1_000_000).openapi({
    description: 'Lower numbers are tried first; on a tie, the older policy.',
    example: 10,
  }),
  match,
  stages: z
    .array(stage)
    .min(1)
    .max(10)
    .openapi({
      description: `They open one after the other. At most ${mostApprovals} approvals in all.`,
    }),
  required_approvals: approvals.openapi({
    description: 'Shorthand for one stage with one requirement: how many people have to approve.',
  }),
  approver_roles: distinct(z.array(role).min(1).max(roles.length)).openapi({
    description: 'Goes with `required_approvals`: the roles, one of which those people must have.',
  }),
  allow_self_approval: z.boolean().openapi({ description: 'Whether the requester may vote.' }),
  allow_edit: z.boolean().openapi({
    description: 'For requests that take a single approval: whether that approval may change the details.',
  }),
  restricted: z.boolean().openapi({
    description:
      'For requests: if true, only the requester, whoever sent it for them, possible voters and admins can see them.',
  }),
  expires,
}

/** What a policy is without saying so. */
const usual = { priority: 100, match: {}, allow_self_approval: false, allow_edit: false, restricted: false }

export const exampleOfStages = [
  { name: 'peer', all: [{ group: 'grp_support', approvals: 1 }] },
  { name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] },
]

export const newPolicy = z.strictObject({
  name: settings.name,
  priority: settings.priority.default(usual.priority),
  match: match.default({}),
  stages: settings.stages.optional(),
  required_approvals: settings.required_approvals.optional(),
  approver_roles: settings.approver_roles.optional(),
  allow_self_approval: settings.allow_self_approval.default(false),
  allow_edit: settings.allow_edit.default(false),
  restricted: settings.restricted.default(false),
  expires: expires.default(null),
})

/** Finds what is wrong with a policy as a whole. */
export function findFaults(policy: z.infer<typeof newPolicy>, refinement: z.RefinementCtx): void {
  for (const fault of policyFaults(policy)) refinement.addIssue({ code: 'custom', ...fault })
}

/** A policy to be made. */
export const newPolicySchema = newPolicy.superRefine(findFaults).openapi('NewPolicy', {
  example: {
    name: 'Refunds to another country',
    priority: 10,
    match: {
      kind: 'request',
      type: 'refund-abroad',
      where: [{ field: '/amount', op: '>', value: 1000, missing: 'match' }],
    },
    stages: exampleOfStages,
    expires: { after_hours: 48, then: 'expire' },
  },
})

/** What of a policy can be changed. */
export const policyChangeSchema = z
  .strictObject(settings)
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'needs at least one member')
  .openapi('PolicyChange', { minProperties: 1, example: { expires: { after_hours: 24, then: 'reject' } } })

/** As much of a faulty policy as more faults can be found by: the groups that it names. */
export const partOfPolicy = z
  .object({
    match: z
      .object({ requester_group: z.string().optional().catch(undefined) })
      .catch({})
      .optional(),
    stages: z
      .array(
        z
          .object({
            all: z
              .array(z.object({ group: z.string().optional().catch(undefined) }).catch({}))
              .max(10)
              .catch([]),
          })
          .catch({ all: [] }),
      )
      .max(10)
      .optional()
      .catch(undefined),
  })
  .catch({})

export const policySchema = z
  .object({
    id: z.string(),
    ...settings,
    name: z.string(),
    stages: z.array(stage).optional().openapi({
      description: 'In the form in which the policy was written: this, or `required_approvals` and `approver_roles`.',
    }),
    required_approvals: approvals.optional(),
    approver_roles: z.array(role).optional(),
    version: z.int().openapi({
      description: 'Goes up when the policy changes; an approval keeps the version it was asked under.',
    }),
    infeasible: z.string().nullable().openapi({
      description:
        'The first stage that the people there are cannot fulfil for more than one requester (`approval` if it has no name); null if they can.',
      example: null,
    }),
    created_at: time,
    updated_at: time,
  })
  .openapi('Policy', {
    example: {
      id: 'pol_01jq8m2v9kf3wt6x5n4c7b8d9e',
      ...usual,
      name: 'Data exports',
      match: { kind: 'request' as const, type: 'data-export' },
      stages: exampleOfStages,
      expires: { after_hours: 48, then: 'expire' as const },
      version: 1,
      infeasible: null,
      created_at: '2026-03-16T14:00:00.000Z',
      updated_at: '2026-03-16T14:00:00.000Z',
    },
  })
export const policyListSchema = z.object({ data: z.array(policySchema), next }).openapi('PolicyList')
export const deletedPolicySchema = z.object({ id: z.string(), deleted: z.literal(true) }).openapi('DeletedPolicy', {
  example: { id: 'pol_01jq8m2v9kf3wt6x5n4c7b8d9h', deleted: true },
})
