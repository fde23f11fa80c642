import { schemaArrayKeyword, schemaKeyword, schemaMapKeyword, Validator, type Schema } from '@cfworker/json-schema'
import { z } from 'zod'
import type { Effort } from './effort.ts'
import { startOf } from './json-reader.ts'

/*
 * JSON Schema 2020-12 without the parts that could run for ever: `pattern`, `patternProperties` and `format` run in a
 * backtracking regex engine, references may refer to themselves. Everything else costs at most one step for each
 * pair of a value and a subschema, which is counted before it is begun.
 */

const typeName = z.enum(['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'])
const count = z.int().min(0)
const names = z.array(z.string())

/** Keywords whose values are no schemas, and what they may be: of anything else the validator would assert nothing. */
const plain: Record<string, z.ZodType> = {
  $schema: z.literal('https://json-schema.org/draft/2020-12/schema'),
  $comment: z.string(),
  title: z.string(),
  description: z.string(),
  default: z.unknown(),
  deprecated: z.boolean(),
  readOnly: z.boolean(),
  writeOnly: z.boolean(),
  type: z.union([typeName, z.array(typeName).min(1)]),
  const: z.unknown(),
  enum: z.array(z.unknown()).min(1),
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

/** What is wrong with a schema, each with the path to it; nothing where it can be used. */
export function schemaFaults(schema: unknown): { path: (string | number)[]; message: string }[] {
  if (lengthOf(schema) > longestSchema) return [{ path: [], message: `is over ${longestSchema} characters` }]
  const faults = [...walk(schema, [], 0)]
  if (faults.length > 0) return faults
  try {
    for (const instance of [{}, [], '', 0, true, null]) prepareSchema(schema as Schema).validator.validate(instance)
    return []
  } catch (error) {
    return [{ path: [], message: `cannot be used: ${(error as Error).message.slice(0, 200)}` }]
  }
}

/** Nesting that is too deep to be written counts as too long. */
function lengthOf(schema: unknown): number {
  try {
    return JSON.stringify(schema).length
  } catch {
    return Infinity
  }
}

function* walk(
  schema: unknown,
  path: (string | number)[],
  depth: number,
): Generator<{ path: (string | number)[]; message: string }> {
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
      const { error } = (plain[keyword] as z.ZodType).safeParse(value)
      if (error) yield { path: here, message: error.issues[0]?.message ?? 'is not valid' }
    } else if (one.includes(keyword)) yield* walk(value, here, depth + 1)
    else if (list.includes(keyword)) {
      if (Array.isArray(value))
        for (const [index, child] of value.entries()) yield* walk(child, [...here, index], depth + 1)
      else yield { path: here, message: 'must be a list of schemas' }
    } else if (map.includes(keyword)) {
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        for (const [name, child] of Object.entries(value)) yield* walk(child, [...here, name], depth + 1)
      } else yield { path: here, message: 'must be an object of schemas' }
    }
  }
}

/** A schema, ready to be used again and again. */
export interface PreparedSchema {
  validator: Validator
  cost: SchemaCost
}

/** What judging by a schema may take, in units of effort. */
interface SchemaCost {
  /** For each value in the data. */
  perValue: number
  /** For each character of the data. */
  perCharacter: number
  /** For each pair of values. */
  perPair: number
}

/** What it takes to hold a value against one subschema, at the worst. */
const perSubschema = 100

/** Prepares a schema that has no faults. */
export function prepareSchema(schema: Schema): PreparedSchema {
  return { validator: new Validator(schema, '2020-12', true), cost: costOf(schema) }
}

/** Every subschema may meet every value; each that fails writes its constants into the error. */
function costOf(schema: unknown): SchemaCost {
  if (typeof schema !== 'object' || schema === null) return { perValue: perSubschema, perCharacter: 0, perPair: 0 }
  const own = schema as Record<string, unknown>
  const constants = JSON.stringify([own.const, own.enum]).length
  const readsText = ['minLength', 'maxLength', 'const', 'enum'].some((keyword) => Object.hasOwn(own, keyword))
  const cost = {
    perValue: perSubschema + 2 * constants,
    perCharacter: readsText ? 3 : 0,
    perPair: own.uniqueItems === true ? 5 : 0,
  }
  for (const child of childrenOf(own)) {
    const { perValue, perCharacter, perPair } = costOf(child)
    cost.perValue += perValue
    cost.perCharacter += perCharacter
    cost.perPair += perPair
  }
  return cost
}

function childrenOf(schema: Record<string, unknown>): unknown[] {
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (one.includes(keyword)) return [value]
    return list.includes(keyword) || map.includes(keyword) ? Object.values(value as object) : []
  })
}

/**
 * Judges data by a schema.
 *
 * @param data as JSON and as JavaScript sees it
 * @returns what does not fit, at most five; null where it would be too much work
 */
export function judgeBySchema(
  { validator, cost }: PreparedSchema,
  data: { json: string; plain: unknown },
  effort: Effort,
): { path: string; message: string }[] | null {
  const values = sizeOf(data.plain)
  const units = values * (cost.perValue + values * cost.perPair) + data.json.length * cost.perCharacter
  if (!effort.takes(units)) return null
  const { errors } = validator.validate(data.plain)
  return errors
    .slice(-5)
    .map(({ instanceLocation, error }) => ({ path: startOf(instanceLocation.slice(1)), message: startOf(error) }))
}

/** How many values there are, and names of members. */
function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  const children: unknown[] = Object.values(value)
  const own = Array.isArray(value) ? 1 : 1 + children.length
  return children.reduce<number>((sum, child) => sum + sizeOf(child), own)
}
