import { z } from '@hono/zod-openapi'
import { digest, revision } from '../digest.schemas.ts'
import { wholeNumber } from '../query.schemas.ts'
import { time } from '../time.schemas.ts'

const mostSeq = 999_999_999_999_999
const seqExample = { type: 'integer', minimum: 0, example: 0 } as const

export const feedQuery = z.object({
  after: wholeNumber(0, mostSeq)
    .optional()
    .openapi({ ...seqExample, default: 0, description: '`next` from the previous answer; 0 for the beginning.' }),
  types: z
    .string()
    .max(2_000)
    .regex(/^[a-z_]+\.[a-z_]+(,[a-z_]+\.[a-z_]+)*$/, 'must be types of events, such as claim.approved,claim.rejected')
    .transform((text) => text.split(','))
    .optional()
    .openapi({
      type: 'string',
      maxLength: 2_000,
      description: 'Only events of these types, separated by commas.',
    }),
  limit: wholeNumber(1, 100).optional().openapi({
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: 100,
    description: 'How many events to look at; the answer has those of the `types` among them.',
  }),
})

export const proofQuery = z.object({
  event: z.string().min(1).max(100).openapi({ description: 'The `id` of an event, or its `seq`.', example: '1' }),
})

export const consistencyQuery = z.object({
  from: wholeNumber(1, mostSeq).openapi({
    ...seqExample,
    minimum: 1,
    example: 1,
    description: 'The size of an earlier checkpoint.',
  }),
  to: wholeNumber(1, mostSeq)
    .optional()
    .openapi({
      ...seqExample,
      minimum: 1,
      example: 2,
      description: 'The size of a later checkpoint; the newest if left out.',
    }),
})

const hash = z
  .string()
  .openapi({ description: 'SHA-256 in base64.', example: 'bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=' })
const name = z.string()

const voteSchema = z
  .object({
    revision,
    stage: z.int().openapi({ description: 'The stage of the policy that it was cast in, counted from 0.' }),
    vote: z.enum(['approve', 'reject']),
    decision_id: name,
    counted_with: name.openapi({ description: 'The roles and groups that it counted with: JSON, as text.' }),
    voted_at: time,
    reported_by: name.nullable(),
    on_behalf_of: name.nullable(),
  })
  .openapi({ description: 'The vote that the event is about, if it is about one.' })

const eventSchema = z
  .object({
    tenant: name,
    seq: z.int().openapi({ description: 'Counts the events of the tenant, from 1 without a gap.' }),
    id: name,
    type: name,
    resource: name.openapi({ description: 'What it happened to.' }),
    actor: name,
    at: time,
    from: name.nullable(),
    to: name,
    digest: digest.nullable(),
    vote: voteSchema.nullable(),
    ids: name.openapi({ description: 'What remains of `data` when it is erased: JSON, as text.' }),
    data_hash: hash.openapi({ description: 'SHA-256, in base64, of `salt`, a line feed and the text of `data`.' }),
    salt: name,
    erased_at: time
      .nullable()
      .openapi({ description: 'When text about a person was erased from `data`; null if none was.' }),
    data: z.record(z.string(), z.unknown()),
  })
  .openapi('HistoricEvent', {
    example: {
      tenant: 'demo',
      seq: 1,
      id: 'evt_01kjwxyv2jf5rv3p1m4w9xk0de',
      type: 'claim.submitted',
      resource: 'clm_9f2a3b4c',
      actor: 'usr_member',
      at: '2026-03-16T14:00:00.000Z',
      from: null,
      to: 'pending',
      digest: '252ceefa8e5005fc433ea5226863920a994314ba95e5fb2993d9dc6e06145326',
      vote: null,
      ids: '{}',
      data_hash: 'kE2n0zjFVmFgTGzDbC2X3pNJ3Wm1nbkHKtYFfFOJ7eM=',
      salt: '5b0e7c1d9f3a4b2c8d6e7f8091a2b3c4',
      erased_at: null,
      data: {},
    },
  })

export const feedSchema = z
  .object({
    data: z.array(eventSchema),
    next: z.int().openapi({
      example: 1,
      description: 'What to send as `after` next; never null. There may be no events after it yet.',
    }),
  })
  .openapi('HistoryFeed')

/** Events, a line each. */
export const linesSchema = z.string()
export const lineExample =
  '{"tenant":"demo","seq":1,"id":"evt_01kjwxyv2jf5rv3p1m4w9xk0de","type":"claim.submitted","resource":"clm_9f2a3b4c", …}\n'

/** A checkpoint, as it stands. */
export const noteSchema = z.string()
export const noteExample =
  'countersign/demo/1773669600000\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n\n— countersign/demo/1773669600000 …\n'

export const checkpointSchema = z
  .object({
    origin: name.openapi({ description: 'Which history it is about; it never changes.' }),
    size: z.int().openapi({ description: 'How many events are sealed.' }),
    root: hash.openapi({ description: 'The hash of the Merkle tree over them (RFC 9162), in base64.' }),
    sealed_at: time,
    checkpoint: name.openapi({ description: 'The signed note that says so (C2SP tlog-checkpoint).' }),
    verifier_key: name.openapi({ description: 'The key, in the form that verifiers of signed notes take.' }),
  })
  .openapi('Checkpoint', {
    example: {
      origin: 'countersign/demo/1773669600000',
      size: 1,
      root: 'bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=',
      sealed_at: '2026-03-16T14:01:00.000Z',
      checkpoint: noteExample,
      verifier_key: 'countersign/demo/1773669600000+0a1b2c3d+AUR74GAWWvyZ8/C7oTvdmKMHAXTot+XxkCTYSBsp99Yr',
    },
  })

const path = z.array(hash).openapi({ description: 'Hashes of subtrees, from the bottom up, in base64.' })

export const inclusionSchema = z
  .object({
    index: z.int().openapi({ description: 'The index of the leaf, from 0.' }),
    size: z.int().openapi({ description: 'The size of the tree.' }),
    root: hash,
    leaf: name.openapi({ description: 'The leaf itself: RFC 8785 of the event, without its data and salt.' }),
    path,
  })
  .openapi('InclusionProof', {
    example: {
      index: 0,
      size: 1,
      root: 'bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=',
      leaf: '{"actor":"usr_member","at":"2026-03-16T14:00:00.000Z", …}',
      path: [],
    },
  })

const head = z.object({ size: z.int().openapi({ example: 1 }), root: hash })
export const consistencySchema = z.object({ from: head, to: head, path }).openapi('ConsistencyProof')
