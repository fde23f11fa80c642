import { z } from '@hono/zod-openapi'
import { roles } from '../context.ts'
import { distinct } from '../distinct.schemas.ts'
import { id } from '../id.schemas.ts'
import { next } from '../page.schemas.ts'
import { time } from '../time.schemas.ts'
import { newUserId, unreserved } from '../user-id.schemas.ts'

/** The address of a person, with one of the demo data to try it with. */
export const personParams = (example: string) => z.object({ id: id.openapi({ example }) })

export const name = z.string().trim().min(1).max(200)

/** What somebody is called: what they do is shown under that name. */
const nameOfPerson = unreserved(name)

/** A list in which nothing is twice. */
export function each<T extends z.ZodType>(element: T, most: number) {
  return distinct(z.array(element).max(most))
}

export const rolesSchema = each(z.enum(roles), roles.length)
const email = z
  .string()
  .max(254)
  .regex(/^[^\s@]+@[^\s@]+$/, 'must be an address such as ada@example.com')
  .nullable()
const kind = z.enum(['human', 'service'])
const mostGroups = 100
const groups = each(id, mostGroups)

/** A list of ids that is faulty itself, of which the rest is looked up nevertheless: each stays where it is. */
export const partOfIds = (most: number) => z.array(id.catch('')).max(most).optional().catch(undefined)

/** A person to be made. */
export const newPersonSchema = z
  .strictObject({
    id: newUserId.optional().openapi({ description: 'Generated if left out.' }),
    name: nameOfPerson,
    email: email.default(null),
    kind: kind.default('human'),
    roles: rolesSchema.default(['member']).openapi({ description: 'The most that their keys may do.' }),
    groups: groups.default([]).openapi({ description: 'Ids of groups.' }),
    disabled: z.boolean().default(false),
  })
  .openapi('NewPerson', {
    example: { name: 'Ada', email: 'ada@example.com', roles: ['reviewer'], groups: ['grp_finance'] },
  })

/** What of a person can be changed. */
export const personChangeSchema = z
  .strictObject({
    name: nameOfPerson.optional(),
    email: email.optional(),
    kind: kind.optional(),
    roles: rolesSchema.optional(),
    groups: groups.optional(),
    disabled: z.boolean().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'needs at least one member')
  .openapi('PersonChange', { minProperties: 1, example: { roles: ['member', 'reviewer'] } })

/** The parts of a faulty person in which further faults can be found. */
export const partOfPerson = z.object({ groups: partOfIds(mostGroups) }).catch({})

const onlyAdmins = 'Shown only to admins.'
const example = {
  id: 'usr_fay',
  name: 'Fay Finance',
  email: null,
  kind: 'human' as const,
  roles: ['member' as const],
  groups: ['grp_finance'],
  disabled: false,
  created_at: '2026-03-16T14:00:00.000Z',
  updated_at: '2026-03-16T14:00:00.000Z',
}

const whole = {
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  kind,
  roles: z.array(z.enum(roles)),
  groups: z.array(z.string()),
  disabled: z.boolean(),
  created_at: time,
  updated_at: time,
  issuer: z
    .string()
    .optional()
    .openapi({ description: 'The identity provider (`iss`) of a person who signs in with tokens.' }),
  subject: z
    .string()
    .optional()
    .openapi({ description: 'Who that person is to their identity provider (`sub`); an email identifies nobody.' }),
}

export const personSchema = z.object(whole).openapi('Person', { example })

/** A person as the caller may see them. */
export const shownPersonSchema = z
  .object({
    id: whole.id,
    name: whole.name,
    email: whole.email.optional().openapi({ description: onlyAdmins }),
    kind: kind.optional().openapi({ description: onlyAdmins }),
    roles: whole.roles.optional().openapi({ description: onlyAdmins }),
    groups: whole.groups.optional().openapi({ description: onlyAdmins }),
    disabled: whole.disabled.optional().openapi({ description: onlyAdmins }),
    created_at: time.optional().openapi({ description: onlyAdmins }),
    updated_at: time.optional().openapi({ description: onlyAdmins }),
    issuer: whole.issuer,
    subject: whole.subject,
  })
  .openapi('ShownPerson', { example: { id: example.id, name: example.name } })
export const personListSchema = z.object({ data: z.array(shownPersonSchema), next }).openapi('PersonList')

/** What was deleted. */
export const deleted = (name: string, id: string) =>
  z.object({ id: z.string(), deleted: z.literal(true) }).openapi(name, { example: { id, deleted: true } })
export const deletedPersonSchema = deleted('DeletedPerson', 'usr_former')
