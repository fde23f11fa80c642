import { schemaArrayKeyword, schemaKeyword, schemaMapKeyword, validate, type Schema } from '@cfworker/json-schema'
import { z } from 'zod'
import { faultMessage } from '../fault-messages.ts'

/*
 * JSON Schema 2020-12 without the parts that could run for ever: `pattern`, `patternProperties` and `format` run in a
 * backtracking regex engine, references may refer to themselves. What the rest costs is known
 * before it is begun: see schema-cost.ts.
 */

const typeNames = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'] as const
const count = z.int().min(0)
const names = z.array(z.string()).max(500)

/**
 * Keywords whose values are not schemas, and what they may be: given anything else, the validator would assert nothing.
 */
const plain: Record<string, z.ZodType> = {
  $schema: z.literal('https://json-schema.org/draft/2020-12/schema'),
  $comment: z.string(),
  title: z.string(),
  description: z.string(),
  default: z.unknown(),
  deprecated: z.boolean(),
  readOnly: z.boolean(),
  writeOnly: z.boolean(),
  type: z.union([z.enum(typeNames), z.array(z.enum(typeNames)).min(1).max(typeNames.length)], {
    error: `must be one of ${typeNames.join(', ')}, or a list of these`,
  }),
  const: z.unknown(),
  enum: z.array(z.unknown()).min(1).max(1_000),
  multipleOf: z.number().positive(),
  minimum: z.number(),
  maximum: z.number(),
  exclusiveMinimum: z.number(),
  exclusiveMaximum: z.number(),
  minLength: count,
  maxLength: count,
  minItems: count,
  maxItems: count,
  uniqueItems: z.boolean(),
  minContains: count,
  maxContains: count,
  required: names,
  minProperties: count,
  maxProperties: count,
  dependentRequired: z.record(z.string(), names),
}
const one = Object.keys(schemaKeyword).filter((keyword) => keyword !== 'additionalItems')
const list = Object.keys(schemaArrayKeyword).filter((keyword) => keyword !== 'items')
const map = Object.keys(schemaMapKeyword).filter((keyword) => keyword !== 'patternProperties')
const known = new Set([...Object.keys(plain), ...one, ...list, ...map])
const instead = new Map(
  Object.entries({
    pattern: 'is not run here; use a field_format check for it',
    patternProperties: 'is not run here; name the properties, or use propertyNames with maxLength or enum',
    format: 'asserts nothing in JSON Schema 2020-12; use a field_format check for it',
    $ref: 'is not followed; write the schema out',
    $dynamicRef: 'is not followed; write the schema out',
    examples: 'is not needed here; leave it out',
    dependencies: 'is of an older draft; use dependentSchemas or dependentRequired',
  }),
)

const longestSchema = 32 * 1024
const deepestSchema = 32
const mostFaults = 100

/** A fault of a schema: where in it, and what. */
interface SchemaFault {
  path: (string | number)[]
  message: string
}

/** What is wrong with a schema, each with the path to it; nothing where it can be used. */
export function schemaFaults(schema: unknown): SchemaFault[] {
  if (lengthOf(schema) > longestSchema) return [{ path: [], message: `is over ${longestSchema} characters` }]
  const faults = walk(schema, [], 0).take(mostFaults).toArray()
  if (faults.length > 0) return faults
  try {
    for (const instance of [{}, [], '', 0, true, null]) validate(instance, schema as Schema, '2020-12', {})
    return []
  } catch (error) {
    return [{ path: [], message: `cannot be used: ${(error as Error).message.slice(0, 200)}` }]
  }
}

/** Nested too deeply to be serialised counts as too long. */
function lengthOf(schema: unknown): number {
  try {
    return JSON.stringify(schema).length
  } catch {
    return Infinity
  }
}

function* walk(schema: unknown, path: (string | number)[], depth: number): Generator<SchemaFault> {
  if (typeof schema === 'boolean') return
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    return yield { path, message: 'must be a schema: an object, true or false' }
  }
  if (depth > deepestSchema) return yield { path, message: `is nested deeper than ${deepestSchema}` }
  for (const [keyword, value] of Object.entries(schema)) {
    const here = [...path, keyword]
    if (!known.has(keyword)) {
      yield { path: here, message: instead.get(keyword) ?? 'is no keyword that a check can use; check its spelling' }
    } else if (Object.hasOwn(plain, keyword)) {
      const { error } = (plain[keyword] as z.ZodType).safeParse(value, { error: faultMessage })
      for (const { path: within, message } of error?.issues ?? []) {
        yield { path: [...here, ...(within as SchemaFault['path'])], message }
      }
    } else if (one.includes(keyword)) yield* walk(value, here, depth + 1)
    else if (list.includes(keyword)) {
      if (!Array.isArray(value)) yield { path: here, message: 'must be a list of schemas' }
      else if (value.length === 0) yield { path: here, message: 'must not be empty' }
      else for (const [index, child] of value.entries()) yield* walk(child, [...here, index], depth + 1)
    } else if (map.includes(keyword)) {
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        for (const [name, child] of Object.entries(value)) yield* walk(child, [...here, name], depth + 1)
      } else yield { path: here, message: 'must be an object of schemas' }
    }
  }
}

/** The schemas directly within a schema that has no faults. */
export function childrenOf(schema: Record<string, unknown>): unknown[] {
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (one.includes(keyword)) return [value]
    return list.includes(keyword) || map.includes(keyword) ? Object.values(value as object) : []
  })
}
