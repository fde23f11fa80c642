import { z } from '@hono/zod-openapi'
import { roles } from '../context.ts'
import { id } from '../id.schemas.ts'
import { next } from '../page.schemas.ts'
import { instant, time } from '../time.schemas.ts'
import { name, rolesSchema } from './people.schemas.ts'

/** The address of a key, with one of the demo data to try it with. */
export const keyParams = (example: string) => z.object({ id: id.openapi({ example }) })

/** A key to be made. */
export const newKeySchema = z
  .strictObject({
    person_id: id.openapi({ description: 'Whose it is: what is done with the key counts as done by them.' }),
    name: name.openapi({ description: 'What it is for.' }),
    roles: rolesSchema.optional().openapi({ description: 'Roles that the person has; all of them if left out.' }),
    expires_at: instant.optional(),
    instance_id: z
      .guid()
      .transform((text) => text.toLowerCase())
      .optional()
      .openapi({ type: 'string', format: 'uuid', description: 'The only agent instance that it reaches.' }),
  })
  .openapi('NewApiKey', { example: { person_id: 'usr_reviewer', name: 'Laptop', roles: ['reviewer'] } })

/** The parts of a faulty key in which further faults can be found. */
export const partOfKey = z
  .object({
    person_id: id.optional().catch(undefined),
    roles: z.array(z.enum(roles)).max(roles.length).optional().catch(undefined),
    expires_at: instant.optional().catch(undefined),
  })
  .catch({})

const key = {
  id: z.string(),
  person_id: z.string(),
  name: z.string(),
  roles: z.array(z.enum(roles)).openapi({ description: 'They count only while the person has them too.' }),
  instance_id: z.string().nullable(),
  created_at: time,
  created_by: z.string(),
  expires_at: time.nullable(),
  revoked_at: time.nullable(),
  last_used_on: z.iso.date().nullable().openapi({ description: 'A date (UTC).' }),
}
const example = {
  id: 'key_demo_reviewer',
  person_id: 'usr_reviewer',
  name: 'Laptop',
  roles: ['reviewer' as const],
  instance_id: null,
  created_at: '2026-03-16T14:00:00.000Z',
  created_by: 'usr_admin',
  expires_at: null,
  revoked_at: null,
  last_used_on: null,
}

export const keySchema = z.object(key).openapi('ApiKey', { example })
export const keyListSchema = z.object({ data: z.array(keySchema), next }).openapi('ApiKeyList')
export const createdKeySchema = z
  .object({ ...key, secret: z.string().openapi({ description: 'The key itself. Shown once: keep it.' }) })
  .openapi('CreatedApiKey', { example: { ...example, secret: 'cs_0f9c1be7a4d24c0d8e6b5a3f7c2d1e9840b6a5c4d3e2f110' } })

export const meSchema = z
  .object({
    person: z.object({
      id: z.string(),
      name: z.string(),
      email: z.string().nullable(),
      kind: z.enum(['human', 'service']),
      issuer: z
        .string()
        .optional()
        .openapi({ description: 'The identity provider (`iss`) of a person who signs in with tokens.' }),
      subject: z.string().optional().openapi({ description: 'Who that person is to their identity provider (`sub`).' }),
    }),
    roles: z.array(z.enum(roles)).openapi({ description: 'The roles of the key that its person still has.' }),
    groups: z.array(z.string()),
    key: z
      .object({ id: z.string(), name: z.string(), expires_at: time.nullable() })
      .nullable()
      .openapi({ description: 'Null if you sent a token.' }),
    tenant: z.object({ id: z.string(), name: z.string(), time_zone: z.string() }),
    instance_id: z.string().nullable().openapi({ description: 'The only agent instance that the key reaches.' }),
  })
  .openapi('Me', {
    example: {
      person: { id: 'usr_member', name: 'John Doe', email: null, kind: 'human' },
      roles: ['member'],
      groups: [],
      key: { id: 'key_demo_member', name: 'Demo', expires_at: null },
      tenant: { id: 'demo', name: 'Demo', time_zone: 'UTC' },
      instance_id: null,
    },
  })
