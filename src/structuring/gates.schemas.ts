import { z } from '@hono/zod-openapi'
import { distinct } from '../distinct.schemas.ts'
import { id } from '../id.schemas.ts'
import { next } from '../page.schemas.ts'
import { time } from '../time.schemas.ts'
import { isField } from '../json-reader.ts'
import { mostRules, ruleTypes } from './judge-rule.ts'

export const name = z.string().trim().min(1).max(200)
export const description = z.string().max(2_000).nullable()

/** The address of a check or a gate, with one of the demo data to try it with. */
export const idParams = (example: string) => z.object({ id: id.openapi({ example }) })
/** The address of a rule, with one of the demo data to try it with. */
export const ruleParams = (example: string) =>
  idParams('01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c45').extend({
    rule_id: id.openapi({ example }),
  })

const threshold = z.number().min(0).max(1).openapi({ description: 'Passed from here on, 0–1.', example: 0.9 })
const fields = z
  .array(z.string().min(1).max(200).refine(isField, 'is no JSON Pointer (RFC 6901): after ~ comes 0 or 1'))
  .min(1)
  .max(100)
  .optional()
  .openapi({ description: 'Of `field_coverage`: the fields that count; else those that the checks look at.' })

const ruleConfig = z.strictObject({ threshold, fields })

/** The part of a rule that says what it takes. */
const namesFields = z.object({
  type: z.enum(ruleTypes),
  config: z.looseObject({ fields: z.unknown().optional() }),
})

/**
 * Of the three types, only `field_coverage` names fields. Looked at beside all other faults, so whatever was sent may
 * come here.
 */
function onlyCoverageNamesFields(sent: unknown, refinement: z.RefinementCtx) {
  const { data } = namesFields.safeParse(sent)
  if (!data || data.type === 'field_coverage' || data.config.fields === undefined) return
  refinement.addIssue({ code: 'custom', message: 'belongs to field_coverage only', path: ['config', 'fields'] })
}

export const newRuleSchema = z
  .strictObject({
    type: z.enum(ruleTypes).openapi({
      description: `\`min_confidence\`: the confidence that came with the result. \`validation_pass_rate\`: the share of checks that
passed. \`field_coverage\`: the share of fields that are there, not null and not empty.`,
      example: 'min_confidence',
    }),
    config: ruleConfig,
  })
  .superRefine(onlyCoverageNamesFields, { when: () => true })
  .openapi('NewRule', { example: { type: 'min_confidence', config: { threshold: 0.9 } } })
export const ruleChangeSchema = z
  .strictObject({ config: ruleConfig })
  .openapi('RuleChange', { example: { config: { threshold: 0.8 } } })

/** The parts of a faulty change in which further faults can be found: whether it names fields. */
export const partOfRule = z
  .object({ config: z.object({ fields: z.array(z.unknown()).optional() }) })
  .catch({ config: {} })

export const ruleSchema = z
  .object({
    id: z.string(),
    type: z.enum(ruleTypes),
    config: z.object({ threshold: z.number(), fields: z.array(z.string()).optional() }),
    created_at: time,
    updated_at: time,
  })
  .openapi('Rule', {
    example: {
      id: '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c47',
      type: 'min_confidence',
      config: { threshold: 0.9 },
      created_at: '2026-03-16T14:00:00.000Z',
      updated_at: '2026-03-16T14:00:00.000Z',
    },
  })
export const ruleListSchema = z.object({ data: z.array(ruleSchema) }).openapi('RuleList')

const action = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('none') }),
    z.strictObject({ type: z.literal('webhook'), endpoint_id: id }),
  ])
  .openapi('GateAction', {
    description: 'What a decision sets off, once: nothing, or a delivery of its event to this webhook endpoint.',
    example: { type: 'webhook', endpoint_id: 'whe_01jq8m2v9kf3wt6x5n4c7b8d9e' },
  })

const mostChecks = 100

const settings = {
  name: name.openapi({ example: 'Invoices' }),
  description: description,
  check_ids: distinct(z.array(id).max(mostChecks)),
  on_approve: action,
  on_reject: action,
  auto_approve_after_hours: z.int().min(1).max(8760).nullable().openapi({
    description: 'After how many hours without a decision a result is approved; null: never.',
    example: 48,
  }),
  queue_warnings: z
    .boolean()
    .openapi({ description: 'Whether a failed check of severity `warning` holds a result up.' }),
  is_active: z.boolean(),
}

/** A new gate. */
export const newGateSchema = z
  .strictObject({
    name: settings.name,
    description: settings.description.default(null),
    check_ids: settings.check_ids.default([]),
    on_approve: action.default({ type: 'none' }),
    on_reject: action.default({ type: 'none' }),
    auto_approve_after_hours: settings.auto_approve_after_hours.default(null),
    queue_warnings: settings.queue_warnings.default(true),
    is_active: settings.is_active.default(true),
    rules: z.array(newRuleSchema).max(mostRules).default([]),
  })
  .openapi('NewGate', {
    example: {
      name: 'Invoices',
      check_ids: ['b2c3d4e5-f6a7-8901-bcde-f12345678901'],
      auto_approve_after_hours: 48,
      rules: [{ type: 'min_confidence', config: { threshold: 0.9 } }],
    },
  })

/** The members of a gate that can be changed; its rules have paths of their own. */
export const gateChangeSchema = z
  .strictObject(settings)
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'needs at least one member')
  .openapi('GateChange', { minProperties: 1, example: { auto_approve_after_hours: 24 } })

/** The parts of a faulty gate in which further faults can be found: what it names. */
export const partOfGate = z
  .object({
    check_ids: z.array(z.string().catch('')).max(mostChecks).optional().catch(undefined),
    on_approve: action.optional().catch(undefined),
    on_reject: action.optional().catch(undefined),
  })
  .catch({})

export const gateSchema = z
  .object({
    id: z.string(),
    ...settings,
    name: z.string(),
    rules: z.array(ruleSchema),
    created_at: time,
    updated_at: time,
  })
  .openapi('Gate', {
    example: {
      id: '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c42',
      name: 'Invoices',
      description: null,
      check_ids: ['b2c3d4e5-f6a7-8901-bcde-f12345678901'],
      on_approve: { type: 'webhook', endpoint_id: 'whe_01jq8m2v9kf3wt6x5n4c7b8d9e' },
      on_reject: { type: 'none' },
      auto_approve_after_hours: 48,
      queue_warnings: true,
      is_active: true,
      rules: [],
      created_at: '2026-03-16T14:00:00.000Z',
      updated_at: '2026-03-16T14:00:00.000Z',
    },
  })
export const gateListSchema = z.object({ data: z.array(gateSchema), next }).openapi('GateList')

export const deletedSchema = z
  .object({ id: z.string(), deleted: z.literal(true) })
  .openapi('Deleted', { example: { id: 'b2c3d4e5-f6a7-8901-bcde-f12345678901', deleted: true } })
