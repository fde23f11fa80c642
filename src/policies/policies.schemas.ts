import { z } from '@hono/zod-openapi'
import { mostApprovals } from '../approvals/feasible.ts'
import { operators } from '../comparison.ts'
import { roles } from '../context.ts'
import { currency } from '../currency.schemas.ts'
import { kinds } from '../families.ts'
import { id } from '../id.schemas.ts'
import { isField } from '../json-reader.ts'
import { action, expenseType, foreignId, part, skillSlug } from '../matched.schemas.ts'
import { next } from '../page.schemas.ts'
import { time } from '../time.schemas.ts'
import { type } from '../type.schemas.ts'
import { policyFaults } from './policy-faults.ts'

/** The address of a policy, with one of the demo data to try it with. */
export const policyParams = (example: string) => z.object({ id: id.openapi({ example }) })

const name = z.string().trim().min(1).max(200)
const role = z.enum(roles)
const approvals = z.int().min(1).max(mostApprovals).openapi({ description: 'How many different people.' })

const where = z
  .strictObject({
    field: z.string().min(1).max(500).refine(isField, 'is no JSON Pointer (RFC 6901): after ~ comes 0 or 1').openapi({
      description:
        'A JSON Pointer (RFC 6901), or the plain name of a member, of `details`, `payload`, `serialized_intent` or `data`; of a claim’s own members.',
    }),
    op: z.enum(operators),
    value: z
      .union([z.string().max(1_000), z.number(), z.boolean()], {
        error: 'must be a text of at most 1,000 characters, a number, true or false',
      })
      .openapi({ description: 'Numbers are compared as the decimals that are written.' }),
    missing: z.enum(['match', 'no_match']).optional().openapi({
      description:
        'What it counts as where the member is missing, or of another type than `value`. Without it, asking for such is 422 `policy_needs_member`.',
    }),
  })
  .openapi('PolicyCondition', { example: { field: '/amount', op: '>', value: 1000 } })

const match = z
  .strictObject({
    kind: z.enum(kinds).optional(),
    type: type.optional().openapi({ description: 'Of requests.' }),
    entity_type: part.optional().openapi({ description: 'Of changes.' }),
    change_action: z.enum(['create', 'update', 'delete']).optional().openapi({ description: 'Of changes.' }),
    action: action.optional().openapi({ description: 'Of intents.' }),
    skill_slug: skillSlug.optional().openapi({ description: 'Of intents.' }),
    instance_id: foreignId.optional().openapi({ description: 'Of intents; in any case.' }),
    gate_id: id.optional().openapi({ description: 'Of results.' }),
    expense_type: expenseType.optional().openapi({ description: 'Of claims.' }),
    currency: currency.optional().openapi({ description: 'Of claims (ISO 4217).' }),
    min_amount: z
      .int()
      .min(1)
      .optional()
      .openapi({ description: 'Of claims, in minor units of `currency`: so much, or more.' }),
    requester_group: id.optional().openapi({ description: 'A group that the requester is in.' }),
    where: z.array(where).max(20).optional().openapi({ description: 'All of them have to hold.' }),
  })
  .openapi('PolicyMatch', {
    description: 'What it is for. Each member narrows it; what only one kind has goes with that `kind`.',
    example: { kind: 'intent', action: 'refund', where: [{ field: '/amount', op: '>', value: 1000 }] },
  })

const requirement = z
  .union([z.strictObject({ group: id, approvals }), z.strictObject({ role, approvals })])
  .openapi('PolicyRequirement', {
    description: 'So many people of a group, or with a role.',
    example: { group: 'grp_finance', approvals: 1 },
  })

export const stage = z
  .strictObject({ name: z.string().trim().min(1).max(100), all: z.array(requirement).min(1).max(10) })
  .openapi('PolicyStage', { example: { name: 'peer', all: [{ group: 'grp_support', approvals: 1 }] } })

export const expires = z
  .strictObject({ after_hours: z.int().min(1).max(8760), then: z.enum(['expire', 'reject', 'approve']) })
  .nullable()
  .openapi('PolicyClock', {
    description:
      'What becomes of what nobody has decided by then; null: nothing. Of several clocks the earliest counts.',
    example: { after_hours: 48, then: 'expire' },
  })

const settings = {
  name: name.openapi({ example: 'Big refunds' }),
  priority: z.int().min(0).max(1_000_000).openapi({
    description: 'Smaller ones are asked first, of the same the older.',
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
  required_approvals: approvals.openapi({ description: 'Short for one stage with one requirement: how many people.' }),
  approver_roles: z
    .array(role)
    .min(1)
    .max(roles.length)
    .refine((all) => new Set(all).size === all.length, 'has something twice')
    .openapi({ description: 'The same: with one of these roles.', uniqueItems: true }),
  allow_self_approval: z.boolean().openapi({ description: 'Whether who asked may vote.' }),
  allow_edit: z.boolean().openapi({
    description: 'Of requests, where one approval is all that it takes: whether that may change the details.',
  }),
  restricted: z.boolean().openapi({
    description: 'Of requests: whether only the requester, whoever may vote, and admins see them.',
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
  .openapi('PolicyChange', { example: { expires: { after_hours: 24, then: 'reject' } } })

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
    stages: z.array(stage).optional().openapi({ description: 'As it was written: these, or the next two.' }),
    required_approvals: approvals.optional(),
    approver_roles: z.array(role).optional(),
    version: z.int().openapi({
      description: 'Counts what it has been: an approval stays under the version that it was asked under.',
    }),
    infeasible: z.string().nullable().openapi({
      description:
        'The first stage that the people there are cannot fulfil for more than one requester (`approval` where it has no name); null: they can.',
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
