import { z } from 'zod'
import { operators } from '../comparison.ts'
import { cutLists } from '../cut-lists.ts'
import { faultMessage } from '../fault-messages.ts'
import { isField } from '../json-reader.ts'
import { patternFault } from './pattern.ts'
import { schemaFaults } from './schema-faults.ts'

/** What each type of check takes for its `config`. Bounds and values count as the decimals that were written. */
const field = z
  .string()
  .min(1)
  .max(500)
  .refine(isField, 'is not a JSON Pointer (RFC 6901): ~ must be followed by 0 or 1')

const scalar = z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()], {
  error: 'must be a text of at most 1,000 characters, a number, true, false or null',
})

/** Looked at beside all other faults, so whatever was sent may come here. */
function boundsFit(sent: unknown, refinement: z.RefinementCtx) {
  const { min, max } = (sent ?? {}) as Record<string, unknown>
  if (min === undefined && max === undefined) refinement.addIssue({ code: 'custom', message: 'needs min, max or both' })
  if (typeof min !== 'number' || typeof max !== 'number' || min <= max) return
  refinement.addIssue({ code: 'custom', message: 'must not be above max', path: ['min'] })
}

const configs = {
  value_range: z
    .strictObject({ field, min: z.number().optional(), max: z.number().optional() })
    .superRefine(boundsFit, { when: () => true }),
  field_format: z.strictObject({
    field,
    pattern: z
      .string()
      .min(1)
      .max(500)
      .superRefine(async (pattern, refinement) => {
        const message = await patternFault(pattern)
        if (message !== null) refinement.addIssue({ code: 'custom', message })
      }),
  }),
  required_field: z.strictObject({ field }),
  allowed_values: z.strictObject({ field, values: z.array(scalar).min(1).max(1_000) }),
  cross_field: z.strictObject({ left: field, op: z.enum(operators), right: field }),
  json_schema: z.strictObject({
    schema: z.union([z.looseObject({}), z.boolean()]).superRefine((schema, refinement) => {
      for (const fault of schemaFaults(schema)) refinement.addIssue({ code: 'custom', ...fault })
    }),
  }),
  reported: z.strictObject({}),
}

export const checkTypes = Object.keys(configs) as CheckType[]
export type CheckType = keyof typeof configs

/** A fault of a config: where in it, and what. */
export interface ConfigFault {
  path: PropertyKey[]
  message: string
}

/** What is wrong with the config of a check of this type: every fault. */
export async function configFaults(type: CheckType, config: unknown): Promise<ConfigFault[]> {
  const { error } = await configs[type].safeParseAsync(cutLists(configs[type], config), { error: faultMessage })
  return (error?.issues ?? []).flatMap((issue): ConfigFault[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...issue.path, key], message: `is not a member of a ${type} config` }))
    }
    return [{ path: issue.path, message: issue.message }]
  })
}
