/*
 * What each type of check takes for its config, for the OpenAPI document. What validates is in check-config.ts, which
 * reads numbers as they are written and patterns as RE2 does.
 */

const field = {
  type: 'string',
  minLength: 1,
  maxLength: 500,
  description: 'A plain name or a JSON Pointer (RFC 6901).',
}
const number = { type: 'number' }

function shape(properties: Record<string, object>, required: string[], more: object = {}) {
  return { type: 'object' as const, properties, required, additionalProperties: false, ...more }
}

const scalars = [{ type: 'string', maxLength: 1_000 }, { type: 'number' }, { type: 'boolean' }, { type: 'null' }]
const operators = ['==', '!=', '<', '<=', '>', '>=', 'eq', 'ne', 'lt', 'lte', 'gt', 'gte']

const configs = {
  value_range: shape({ field, min: number, max: number }, ['field'], {
    description: 'min, max or both. Numbers are compared as the decimals that are written.',
    anyOf: ['min', 'max'].map((name) => ({ properties: { [name]: number }, required: [name] })),
  }),
  field_format: shape({ field, pattern: { type: 'string', minLength: 1, maxLength: 500 } }, ['field', 'pattern'], {
    description: 'An RE2 pattern, found anywhere in the text unless it is anchored with ^ and $.',
  }),
  required_field: shape({ field }, ['field']),
  allowed_values: shape({ field, values: { type: 'array', minItems: 1, maxItems: 1_000, items: { anyOf: scalars } } }, [
    'field',
    'values',
  ]),
  cross_field: shape({ left: field, op: { type: 'string', enum: operators }, right: field }, ['left', 'op', 'right']),
  json_schema: shape({ schema: { anyOf: [{ type: 'object' }, { type: 'boolean' }] } }, ['schema'], {
    description: 'JSON Schema 2020-12, without pattern, format and references; its numbers are IEEE doubles.',
  }),
  reported: shape({}, [], { description: 'The outcome is sent with the result.' }),
}

/** A config of any type. (What takes it is typed by OpenAPI 3.0, where this is of 3.1.) */
export const anyConfig = { anyOf: Object.values(configs) as never[] }

/** A type beside its config, one of them for each type. */
export const configByType = Object.entries(configs).map(([type, config]) => ({
  type: 'object' as const,
  properties: { type: { type: 'string' as const, const: type, enum: [type] }, config },
  required: type === 'reported' ? ['type'] : ['type', 'config'],
})) as never[]
