import { z } from '@hono/zod-openapi'
import { currency } from '../currency.schemas.ts'
import { kinds } from '../families.ts'
import { id } from '../id.schemas.ts'
import { action, expenseType, foreignId, part, skillSlug } from '../matched.schemas.ts'
import { instant } from '../time.schemas.ts'
import { type } from '../type.schemas.ts'
import { personId, userId } from '../user-id.schemas.ts'
import { exampleOfStages, expires, findFaults, newPolicy } from './policies.schemas.ts'
import { membersOfKinds, onlyFor } from './policy-faults.ts'

const approverRole = z.enum(['customer', 'owner'])

const members = {
  type: type.optional(),
  entity_type: part.optional(),
  change_action: z.enum(['create', 'update', 'delete']).optional(),
  action: action.optional(),
  skill_slug: skillSlug.optional(),
  instance_id: foreignId.optional(),
  gate_id: id.optional(),
  expense_type: expenseType.optional(),
  currency: currency.optional(),
  amount: z.int().min(1).optional().openapi({ description: 'For claims, in minor units.' }),
  approver_role: approverRole.optional().openapi({ description: 'For intents; `customer` if left out.' }),
  approver_person_id: personId.optional(),
}

/** Which of them not all have, each with the kinds that do. */
const ofKinds: readonly (readonly [string, readonly string[]])[] = [
  ...[...membersOfKinds].map(([name, kinds]) => [name === 'min_amount' ? 'amount' : name, kinds] as const),
  ['approver_role', ['intent']],
  ['approver_person_id', ['intent']],
]

/** Something that somebody could ask. */
export const wouldBeSchema = z
  .strictObject({
    kind: z.enum(kinds),
    requester_id: userId.optional().openapi({ description: 'Who would ask; you, if left out.' }),
    ...members,
    document: z.unknown().optional().openapi({
      description:
        'The JSON that conditions look at: `details`, `payload`, `serialized_intent` or `data`; for claims, the members above if left out.',
    }),
  })
  .superRefine((wouldBe, refinement) => {
    for (const [name, kinds] of ofKinds) {
      const isThere = wouldBe[name as keyof typeof members] !== undefined
      if (!isThere || kinds.includes(wouldBe.kind)) continue
      refinement.addIssue({ code: 'custom', path: [name], message: onlyFor(kinds) })
    }
  })
  .openapi('WouldBeAsking', {
    example: {
      kind: 'request',
      requester_id: 'usr_member',
      type: 'data-export',
      document: { rows: 120_000 },
    },
  })

const named = z.object({ id: z.string(), name: z.string() })

export const evaluationSchema = z
  .object({
    policy: named
      .extend({ version_id: z.string() })
      .nullable()
      .openapi({ description: 'The policy that would apply; null if the defaults of its kind would.' }),
    needs: z.object({ field: z.string(), condition: z.int(), detail: z.string() }).nullable().openapi({
      description: 'Why asking would be refused with 422 `policy_needs_member`; null if it would not.',
      example: null,
    }),
    stages: z.array(
      z.object({
        name: z.string().nullable().openapi({ description: 'Null if it is the only stage and has no name.' }),
        all: z.array(
          z.object({
            approvals: z.int(),
            of: z
              .array(
                z.object({
                  group: named.optional(),
                  role: z.string().optional(),
                  people: z.array(named).openapi({
                    description:
                      'Up to thirteen of them, without the requester if they may not vote, and without a named customer who has the last word.',
                  }),
                }),
              )
              .openapi({ description: 'People who are in any of these count.' }),
          }),
        ),
      }),
    ),
    channel: z.object({ approver_role: approverRole, approver_person_id: z.string().nullable() }).nullable().openapi({
      description:
        'Who an intent names to answer through the agent’s channel: instead of stages if no policy applies, and after them if a customer has the last word. Null if nobody does.',
      example: null,
    }),
    allow_self_approval: z.boolean(),
    allow_edit: z.boolean(),
    restricted: z.boolean(),
    expires,
    infeasible: z.string().nullable().openapi({
      description:
        'The first stage that the people there are could not fulfil for this requester (`approval` if it has no name); null if they could.',
      example: null,
    }),
  })
  .openapi('Evaluation', {
    example: {
      policy: {
        id: 'pol_01jq8m2v9kf3wt6x5n4c7b8d9e',
        name: 'Data exports',
        version_id: 'pov_01jq8m2v9kf3wt6x5n4c7b8d9e',
      },
      needs: null,
      stages: [
        {
          name: 'peer',
          all: [
            {
              approvals: 1,
              of: [{ group: { id: 'grp_support', name: 'Support' }, people: [{ id: 'usr_sam', name: 'Sam Support' }] }],
            },
          ],
        },
      ],
      channel: null,
      allow_self_approval: false,
      allow_edit: false,
      restricted: false,
      expires: null,
      infeasible: null,
    },
  })

/** A policy to be tried on what was asked before. */
export const simulationRequestSchema = z
  .strictObject({
    policy: newPolicy
      .extend({
        id: id
          .optional()
          .openapi({ description: 'The policy that it would replace; if left out, it is an additional one.' }),
      })
      .superRefine(findFaults),
    since: instant.openapi({ description: 'What was asked at this time or later.', example: '2026-03-01T00:00:00Z' }),
    cursor: z.string().max(500).optional().openapi({ description: '`next` from the previous answer.' }),
  })
  .openapi('SimulationRequest', {
    example: {
      policy: {
        name: 'All data exports',
        match: { kind: 'request', type: 'data-export' },
        stages: exampleOfStages,
      },
      since: '2026-03-01T00:00:00Z',
    },
  })

const count = (description: string) => z.int().openapi({ description, example: 1 })
const ids = z.array(z.string()).openapi({ description: 'Up to ten ids.' })

export const simulationSchema = z
  .object({
    considered: count('How many approvals were looked at: those of the kind that the policy is for, if it names one.'),
    matched: count('How many of them the policy would apply to.'),
    asked_more: count('How many would need more approvals than under the current policies.'),
    asked_less: count('How many would need fewer.'),
    asked_others: count('How many would need as many, but from others or in another order.'),
    clock_changed: count('How many would have another clock.'),
    infeasible: count('How many of those matched the people there are now could not fulfil for whoever asked.'),
    needs_member: count('How many could not have been asked: they lack a member that the policy looks at.'),
    infeasible_stage: z.string().nullable().openapi({
      description:
        'The stage because of which making the policy would be refused with 422 `infeasible_quorum` (`approval` if it has no name); null if it would not.',
      example: null,
    }),
    instead_of: z
      .array(z.object({ policy: named.nullable(), count: z.int() }))
      .openapi({ description: 'Which policies would apply to those matched now; null for none.' }),
    examples: z
      .object({
        matched: ids,
        asked_more: ids,
        asked_less: ids,
        asked_others: ids,
        clock_changed: ids,
        infeasible: ids,
        needs_member: ids,
      })
      .openapi({ description: 'The newest approvals of each sort.' }),
    next: z.string().nullable().openapi({
      description:
        'What to send as `cursor` for the rest, whose counts add to these; null at the end. One call looks at up to 100,000 approvals.',
      example: null,
    }),
  })
  .openapi('Simulation', {
    example: {
      considered: 120,
      matched: 4,
      asked_more: 3,
      asked_less: 0,
      asked_others: 1,
      clock_changed: 1,
      infeasible: 0,
      needs_member: 0,
      infeasible_stage: null,
      instead_of: [{ policy: null, count: 3 }],
      examples: {
        matched: ['req_01jq8m2v9kf3wt6x5n4c7b8d9e'],
        asked_more: [],
        asked_less: [],
        asked_others: [],
        clock_changed: [],
        infeasible: [],
        needs_member: [],
      },
      next: null,
    },
  })
