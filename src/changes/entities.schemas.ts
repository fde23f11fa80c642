import { z } from '@hono/zod-openapi'
import { part } from '../matched.schemas.ts'
import { time } from '../time.schemas.ts'
import { appliedTypes, isApplied } from './applied-types.ts'
import { anyJson, name } from './changes.schemas.ts'

const entityType = part.openapi({ example: 'qualificationRule' })
export const entityTypeParams = z.object({ entityType })
export const entityParams = z.object({ entityType, entityId: part.openapi({ example: 'qr_001' }) })

/** The address of what can be set: an entity of a type that is stored here. */
export const storedEntityParams = entityParams.extend({
  entityType: part
    .refine(isApplied, `is not stored here; these are: ${appliedTypes.join(', ')}`)
    .openapi({ enum: [...appliedTypes], example: 'qualificationRule' }),
  entityId: part.openapi({ example: 'qr_002' }),
})

export const entityInputSchema = z
  .strictObject({
    entityName: name,
    data: z.looseObject({}).openapi({ description: 'A JSON object up to 256 KiB, kept as sent.' }),
  })
  .openapi('EntityInput', {
    example: { entityName: 'Credit Score Rule', data: { config: { threshold: 600, window: '90d' } } },
  })

/** A stored entity. */
export const entitySchema = z
  .object({
    entityType: z.string(),
    entityId: z.string(),
    entityName: z.string(),
    version: z.int(),
    updatedAt: time,
    updatedBy: z.string(),
    approvalId: z
      .string()
      .nullable()
      .openapi({ description: 'The approval that made this version; null if it was set directly.' }),
    data: anyJson('What is stored.'),
  })
  .openapi('Entity', {
    example: {
      entityType: 'qualificationRule',
      entityId: 'qr_001',
      entityName: 'Credit Score Rule',
      version: 2,
      updatedAt: '2026-03-16T14:30:00.000Z',
      updatedBy: 'usr_admin',
      approvalId: 'approval_01jq8m2v9kf3wt6x5n4c7b8d9e',
      data: { config: { threshold: 650, window: '90d' } },
    },
  })
export const entitiesSchema = z.array(entitySchema).openapi('Entities')

export const entityVersionSchema = z
  .object({
    version: z.int(),
    action: z.enum(['create', 'update', 'delete', 'set']),
    entityType: z.string(),
    entityId: z.string(),
    entityName: z.string(),
    requestedBy: z.string(),
    approvedBy: z.string(),
    approvalId: z.string().nullable(),
    createdAt: time,
    data: anyJson('What was stored; null for a deletion.'),
  })
  .openapi('EntityVersion', {
    example: {
      version: 2,
      action: 'update',
      entityType: 'qualificationRule',
      entityId: 'qr_001',
      entityName: 'Credit Score Rule',
      requestedBy: 'usr_member',
      approvedBy: 'usr_admin',
      approvalId: 'approval_01jq8m2v9kf3wt6x5n4c7b8d9e',
      createdAt: '2026-03-16T14:30:00.000Z',
      data: { config: { threshold: 650, window: '90d' } },
    },
  })
export const entityVersionsSchema = z.array(entityVersionSchema).openapi('EntityVersions')
