import { z } from '@hono/zod-openapi'
import { digest, revision } from './digest.schemas.ts'
import { status } from './status.schemas.ts'
import { time } from './time.schemas.ts'

/** Where an approval stands: what a face that shows one in full says of any. */
export const standingShape = {
  title: z.string(),
  status,
  revision,
  digest,
  submitted_by: z.string().openapi({ description: 'Whose key sent it.' }),
  created_at: time,
  updated_at: time,
  due_at: time.nullable(),
  decided_by: z.string().nullable(),
  decided_at: time.nullable(),
  comment: z.string().nullable(),
  approved_digest: digest.nullable().openapi({ description: 'The digest of what was approved; null if nothing was.' }),
  edited: z.boolean().openapi({ description: 'Whether it was approved with changes.' }),
}

/** That of one which waits, for examples. */
export const standingExample = {
  status: 'pending',
  revision: 1,
  submitted_by: 'usr_member',
  created_at: '2026-03-16T14:00:00.000Z',
  updated_at: '2026-03-16T14:00:00.000Z',
  due_at: null,
  decided_by: null,
  decided_at: null,
  comment: null,
  approved_digest: null,
  edited: false,
} as const
