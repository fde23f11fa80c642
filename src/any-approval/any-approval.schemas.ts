import { z } from '@hono/zod-openapi'
import { comment } from '../comment.schemas.ts'
import { roles } from '../context.ts'
import { seenDigest, digest, revision } from '../digest.schemas.ts'
import { families, kinds } from '../families.ts'
import { id } from '../id.schemas.ts'
import { next } from '../page.schemas.ts'
import { standingExample, standingShape } from '../standing.schemas.ts'
import { time } from '../time.schemas.ts'

/** The address of an approval, with one of the demo data to try it with. */
export const approvalParams = (example: string) => z.object({ id: id.openapi({ example }) })

export const approvingSchema = z
  .strictObject({ comment: comment.nullish(), digest: seenDigest })
  .openapi('ApprovingVote', { example: { comment: 'Within policy' } })
export const rejectingSchema = z
  .strictObject({
    comment: comment.openapi({ description: 'Why; the one who asked reads it.' }),
    digest: seenDigest,
  })
  .openapi('RejectingVote', { example: { comment: 'The receipt is missing.' } })

const voteSchema = z.object({
  voter: z.string(),
  vote: z.enum(['approve', 'reject']),
  comment: z.string().nullable(),
  voted_at: time,
  reported_by: z.string().nullable().openapi({ description: "Whose key cast it, where it was not the voter's." }),
  revision: revision.openapi({ description: 'Of the question that it was cast on.' }),
  voided_at: time.nullable().openapi({ description: 'Since when it does not count any more.' }),
  stage: z.string().nullable().openapi({ description: 'Of its policy, for which it was cast.' }),
})

/** What a stage asks for, as far as it does not say who has voted. */
export const requirementShape = {
  group: z.string().nullable().openapi({ description: 'People of this group; or of the roles.' }),
  roles: z.array(z.enum(roles)).openapi({
    description: 'None where it waits for a certain person, or for somebody who is asked through a channel.',
  }),
  approvals: z.int().openapi({ description: 'From how many people with one of the roles, or of the group.' }),
  given: z.int().openapi({ description: 'How many of them have said yes.' }),
}

export const stageShape = {
  name: z.string().nullable(),
  status: z.enum(['closed', 'open', 'waiting']).openapi({
    description: '`closed` is fulfilled; `waiting` opens when those before it are; all are closed of what is decided.',
  }),
}

const stageSchema = z.object({
  ...stageShape,
  all: z.array(z.object(requirementShape)).openapi({ description: 'What it takes, all of it.' }),
})

/** The policy that governs an approval, in the version that it had when it was asked. */
export const governingSchema = z
  .object({ id: z.string(), name: z.string(), version: z.int() })
  .nullable()
  .openapi({ description: 'The policy that says who decides; null: its kind does.' })

/** An approval of whatever family. */
export const anyApprovalSchema = z
  .object({
    id: z.string(),
    kind: z.enum(kinds),
    requester: z.string(),
    ...standingShape,
    url: z.url().openapi({ description: 'Where a person decides it.' }),
    policy: governingSchema,
    stages: z.array(stageSchema),
    votes: z.array(voteSchema).openapi({ description: 'In the order in which they were cast.' }),
    final: z
      .boolean()
      .openapi({ description: 'Whether it stays so: nobody can decide it, or take a decision back, any more.' }),
    what: z.record(z.string(), z.unknown()).openapi({
      description:
        'What is asked: together with `id`, `kind`, `revision`, `title` and `requester` it makes the digest.',
    }),
    family: z
      .union(families.map(({ shows }) => z.object(shows.members)))
      .openapi({ description: 'The members of its kind, as on the dashboard.' }),
  })
  .openapi('ApprovalInFull', {
    example: {
      id: 'clm_9f2a3b4c',
      kind: 'claim',
      requester: 'usr_member',
      title: 'Train to Bern',
      ...standingExample,
      status: 'approved',
      updated_at: '2026-03-16T14:30:00.000Z',
      decided_by: 'usr_coord99',
      decided_at: '2026-03-16T14:30:00.000Z',
      comment: 'Within policy',
      digest: '252ceefa8e5005fc433ea5226863920a994314ba95e5fb2993d9dc6e06145326',
      approved_digest: '252ceefa8e5005fc433ea5226863920a994314ba95e5fb2993d9dc6e06145326',
      url: 'https://countersign.example/a/clm_9f2a3b4c',
      policy: null,
      stages: [
        {
          name: null,
          status: 'closed',
          all: [{ group: null, roles: ['coordinator', 'admin'], approvals: 1, given: 1 }],
        },
      ],
      votes: [
        {
          voter: 'usr_coord99',
          vote: 'approve',
          comment: 'Within policy',
          voted_at: '2026-03-16T14:30:00.000Z',
          reported_by: null,
          revision: 1,
          voided_at: null,
          stage: null,
        },
      ],
      final: true,
      what: {
        description: 'Train to Bern',
        amount: 4250,
        currency: 'CHF',
        expense_type: 'travel',
        incurred_on: null,
        distance_km: null,
        receipt_url: null,
        external_ref: null,
      },
      family: {
        claim_id: 'clm_9f2a3b4c',
        description: 'Train to Bern',
        amount: 4250,
        currency: 'CHF',
        expense_type: 'travel',
        external_ref: null,
        submitted_by: 'usr_member',
      },
    },
  })

/** Something that has happened to an approval. */
const eventSchema = z.object({
  seq: z.int().nullable().openapi({
    description: 'Counts all that happens in the tenant, from 1 without a gap; null unless an admin asks.',
    example: 17,
  }),
  id: z.string().openapi({ example: 'evt_01kjwxyv2jf5rv3p1m4w9xk0de' }),
  type: z.string().openapi({ example: 'claim.submitted' }),
  actor: z.string().openapi({ example: 'usr_member' }),
  at: time.openapi({ example: '2026-03-16T14:00:00.000Z' }),
  from: z.string().nullable().openapi({ description: 'Its status before.', example: null }),
  to: z.string().openapi({ description: 'Its status since.', example: 'pending' }),
  digest: digest.nullable().openapi({ description: 'Of the question, as it was then.' }),
  data: z.record(z.string(), z.unknown()).openapi({ example: {} }),
})

export const eventsSchema = z.object({ data: z.array(eventSchema), next }).openapi('ApprovalEvents')
