import { z } from '@hono/zod-openapi'
import { next } from '../page.schemas.ts'
import { time } from '../time.schemas.ts'
import { anyConfig, configByType } from './check-config.schemas.ts'
import { checkTypes, configFaults, type CheckType } from './check-config.ts'
import { description, name } from './gates.schemas.ts'

const severity = z.enum(['warning', 'error'])
const config = z.record(z.string(), z.unknown())

/** A new check. */
export const newCheckSchema = z
  .strictObject({
    name: name.openapi({ example: 'Amount range check' }),
    description: description.default(null),
    type: z.enum(checkTypes as [CheckType, ...CheckType[]]).openapi({ example: 'value_range' }),
    severity: severity.default('error').openapi({
      description: 'A failed `error` holds a result up; a failed `warning` does unless the gate says otherwise.',
    }),
    config: config.default({}).openapi({ example: { field: 'total_amount', max: 1_000_000 } }),
    is_active: z.boolean().default(true),
    sort_order: z.int().min(-1_000_000).max(1_000_000).default(0).openapi({ description: 'Checks run in this order.' }),
  })
  .superRefine(async (check, refinement) => {
    for (const { path, message } of await configFaults(check.type, check.config)) {
      refinement.addIssue({ code: 'custom', message, path: ['config', ...path] })
    }
  })
  .openapi('NewCheck', {
    oneOf: configByType,
    example: {
      name: 'Amount range check',
      type: 'value_range',
      severity: 'warning',
      config: { field: 'total_amount', max: 1_000_000 },
    },
  })

/** The parts of a faulty new check in which further faults can be found: its config, and what that is judged by. */
export const partOfNewCheck = z
  .object({ type: z.enum(checkTypes as [CheckType, ...CheckType[]]).optional(), config: config.default({}) })
  .catch({ config: {} })

/** The members of a check that can be changed. */
export const checkChangeSchema = z
  .strictObject({
    name: name.optional(),
    description: description.optional(),
    severity: severity.optional(),
    config: config.optional().openapi({ description: 'As the type of the check wants it.', ...anyConfig }),
    is_active: z.boolean().optional(),
    sort_order: z.int().min(-1_000_000).max(1_000_000).optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'needs at least one member')
  .openapi('CheckChange', {
    minProperties: 1,
    example: { severity: 'warning', config: { field: 'total_amount', max: 2_000_000 } },
  })

/** The parts of a faulty change in which further faults can be found. */
export const partOfCheck = z.object({ config: config.optional().catch(undefined) }).catch({})

export const checkSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    type: z.enum(checkTypes as [CheckType, ...CheckType[]]),
    severity,
    config: z.looseObject({}).openapi({ description: 'As it was sent.', ...anyConfig }),
    is_active: z.boolean(),
    sort_order: z.int(),
    created_at: time,
    updated_at: time,
  })
  .openapi('Check', {
    example: {
      id: 'b2c3d4e5-f6a7-8901-bcde-f12345678901',
      name: 'Amount range check',
      description: null,
      type: 'value_range',
      severity: 'warning',
      config: { field: 'total_amount', max: 1_000_000 },
      is_active: true,
      sort_order: 0,
      created_at: '2026-03-16T14:00:00.000Z',
      updated_at: '2026-03-16T14:00:00.000Z',
    },
  })
export const checkListSchema = z.object({ data: z.array(checkSchema), next }).openapi('CheckList')
