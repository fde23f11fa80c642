import { z } from '@hono/zod-openapi'
import { digest } from '../digest.schemas.ts'
import { id } from '../id.schemas.ts'
import { part } from '../matched.schemas.ts'
import { approvals, requiredApprovals } from '../quorum.schemas.ts'
import { decidedStatus, status } from '../status.schemas.ts'
import { time } from '../time.schemas.ts'
import { isApplied } from './applied-types.ts'

export const name = z.string().trim().min(1).max(200)
export const anyJson = (description: string) => z.unknown().openapi({ description })

/**
 * An update says what is to change; and what is stored here is an object, so what would be stored, or merged into it,
 * has to be one. Looked at beside all other faults, so whatever was sent may come here.
 */
function payloadFits(sent: unknown, refinement: z.RefinementCtx) {
  const { entityType, action, payload } = (sent ?? {}) as Record<string, unknown>
  if (action === 'update' && payload === undefined) {
    const message = 'is required for an update: say what is to change'
    refinement.addIssue({ code: 'custom', message, path: ['payload'] })
  }
  const isStored = typeof entityType === 'string' && isApplied(entityType) && action !== 'delete'
  if (!isStored || payload === undefined) return
  if (typeof payload === 'object' && payload !== null && !Array.isArray(payload)) return
  const message = `must be an object: entities of the type ${entityType} are stored as objects`
  refinement.addIssue({ code: 'custom', message, path: ['payload'] })
}

export const changeStatusSchema = z.enum(['pending', 'approved', 'rejected', 'withdrawn', 'all'])

/**
 * A change to ask for. The payload of `update` is a JSON Merge Patch (RFC 7396); that of `create` is stored as given;
 * that of `delete` is kept with the request and changes nothing. For the types that are stored here the first two are
 * objects.
 */
export const newChangeSchema = z
  .strictObject({
    entityType: part.openapi({ example: 'qualificationRule' }),
    entityId: part.openapi({ example: 'qr_001' }),
    entityName: name.openapi({ example: 'Credit Score Rule' }),
    action: z.enum(['create', 'update', 'delete']),
    payload: anyJson(
      'What is proposed; JSON up to 256 KiB, nested to depth 64, kept as sent. Must be an object for the types that are stored here.',
    )
      .optional()
      .openapi({ example: { config: { threshold: 650 } } }),
  })
  .superRefine(payloadFits, { when: () => true })
  .openapi('NewChange', {
    example: {
      entityType: 'qualificationRule',
      entityId: 'qr_001',
      entityName: 'Credit Score Rule',
      action: 'update',
      payload: { config: { threshold: 650 } },
    },
  })

const requested = {
  id: z.string().openapi({ example: 'approval_01jq8m2v9kf3wt6x5n4c7b8d9e' }),
  entityType: z.string(),
  entityId: z.string(),
  entityName: z.string(),
  action: z.enum(['create', 'update', 'delete']),
  status,
  digest,
  requesterId: z.string(),
  requesterName: z.string(),
  createdAt: time,
  approvals,
  requiredApprovals,
  payload: anyJson('What is proposed, as it was sent; null for a delete without a payload.'),
}

const requestedExample = {
  id: 'approval_001',
  entityType: 'qualificationRule',
  entityId: 'qr_001',
  entityName: 'Credit Score Rule',
  action: 'update' as const,
  status: 'pending' as const,
  digest: '779109cd71919466515e5b119bd22ff14a468c94d2d2d24182f0c9c662cb5ec0',
  requesterId: 'usr_member',
  requesterName: 'John Doe',
  createdAt: '2026-03-16T14:00:00.000Z',
  payload: { config: { threshold: 650 } },
}

/** A change request. */
export const changeSchema = z.object(requested).openapi('Change', { example: requestedExample })
export const changesSchema = z.array(changeSchema).openapi('Changes')

const resolution = {
  approverId: z.string().nullable(),
  approverName: z.string().nullable(),
  comments: z.string().nullable(),
  resolvedAt: time.nullable(),
}

/** A request beside what is stored now while it is pending, and with its resolution once it is resolved. */
export const changeInViewSchema = z
  .object({
    ...requested,
    baseVersion: z
      .int()
      .nullable()
      .optional()
      .openapi({ description: 'The version that it was asked for on; null if there was none.' }),
    currentVersion: z
      .int()
      .nullable()
      .optional()
      .openapi({ description: 'The version that is stored now; null if there is none.' }),
    stale: z.boolean().optional().openapi({ description: 'Whether the entity has changed since.' }),
    preview: anyJson(
      'What would be stored if it were approved now; null if nothing would, or if the type is not stored here.',
    ),
    approverId: resolution.approverId.optional(),
    approverName: resolution.approverName.optional(),
    comments: resolution.comments.optional(),
    resolvedAt: resolution.resolvedAt.optional(),
    applied: z.boolean().optional(),
    version: z.int().nullable().optional(),
  })
  .openapi('ChangeInView', {
    example: {
      ...requestedExample,
      baseVersion: 1,
      currentVersion: 1,
      stale: false,
      preview: { config: { threshold: 650, window: '90d' } },
    },
  })

export const resolveSchema = z
  .strictObject({
    action: z.enum(['approve', 'reject']),
    comments: z.string().trim().max(2000).nullish().openapi({ example: 'Looks good, deploying to production' }),
  })
  .openapi('ResolveChange', { example: { action: 'approve', comments: 'Looks good, deploying to production' } })

/** A resolved request. */
export const resolvedSchema = z
  .object({
    id: z.string(),
    status: decidedStatus,
    ...resolution,
    approvals,
    requiredApprovals,
    applied: z.boolean().openapi({
      description: 'Whether the payload was applied here; false if the owner of the entity has to act.',
    }),
    version: z.int().nullable().openapi({ description: 'The version that it made; null if it made none.' }),
  })
  .openapi('ResolvedChange', {
    example: {
      id: 'approval_001',
      status: 'approved',
      approverId: 'usr_admin',
      approverName: 'Admin',
      comments: 'Looks good, deploying to production',
      resolvedAt: '2026-03-16T14:30:00.000Z',
      applied: true,
      version: 2,
    },
  })

/** The address of a request, with one of the demo data to try it with. */
export const changeParams = (example: string) => z.object({ id: id.openapi({ example }) })
export const filterText = part

/** What a list over all families shows of a change. */
export const shownChange = {
  entity_type: z.string(),
  entity_id: z.string(),
  entity_name: z.string(),
  action: z.enum(['create', 'update', 'delete']),
}
