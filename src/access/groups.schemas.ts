import { z } from '@hono/zod-openapi'
import { id } from '../id.schemas.ts'
import { next } from '../page.schemas.ts'
import { time } from '../time.schemas.ts'
import { newUserId } from '../user-id.schemas.ts'
import { deleted, each, name, partOfIds } from './people.schemas.ts'

/** The address of a group, with one of the demo data to try it with. */
export const groupParams = (example: string) => z.object({ id: id.openapi({ example }) })

const mostMembers = 1_000
const memberIds = each(id, mostMembers).openapi({ description: 'Ids of people.' })

const filledByOidc = z.boolean().openapi({
  description: 'Whether the tokens that people sign in with say who is in it. Tokens never change other groups.',
})

/** A group to be made. */
export const newGroupSchema = z
  .strictObject({
    id: newUserId.optional().openapi({ description: 'Generated if left out.' }),
    name,
    member_ids: memberIds.default([]),
    filled_by_oidc: filledByOidc.default(false),
  })
  .openapi('NewGroup', { example: { name: 'Support leads', member_ids: ['usr_sam'] } })

/** What of a group can be changed. */
export const groupChangeSchema = z
  .strictObject({
    name: name.optional(),
    member_ids: memberIds.optional().openapi({ description: 'Everybody who is to be in it.' }),
    filled_by_oidc: filledByOidc.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'needs at least one member')
  .openapi('GroupChange', { minProperties: 1, example: { member_ids: ['usr_fay', 'usr_admin'] } })

/** The parts of a faulty group in which further faults can be found. */
export const partOfGroup = z.object({ member_ids: partOfIds(mostMembers) }).catch({})

export const groupSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    member_ids: z.array(z.string()),
    filled_by_oidc: filledByOidc,
    created_at: time,
    updated_at: time,
  })
  .openapi('Group', {
    example: {
      id: 'grp_finance',
      name: 'Finance',
      member_ids: ['usr_fay'],
      filled_by_oidc: false,
      created_at: '2026-03-16T14:00:00.000Z',
      updated_at: '2026-03-16T14:00:00.000Z',
    },
  })
export const groupListSchema = z.object({ data: z.array(groupSchema), next }).openapi('GroupList')
export const deletedGroupSchema = deleted('DeletedGroup', 'grp_former')
