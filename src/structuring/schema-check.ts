import { schemaArrayKeyword, schemaKeyword, schemaMapKeyword, Validator, type Schema } from '@cfworker/json-schema'
import type { Effort } from './effort.ts'

/*
 * JSON Schema 2020-12 without the parts that could run for ever: `pattern`, `patternProperties` and `format` run in a
 * backtracking regex engine, references may refer to themselves. Everything else costs at most one step for each
 * pair of a value and a subschema, which is counted before it is begun.
 */

const plain =
  `$schema $comment title description default deprecated readOnly writeOnly type const enum multipleOf minimum
  maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems uniqueItems minContains maxContains required
  minProperties maxProperties dependentRequired contentMediaType contentEncoding`.split(/\s+/)
const one = Object.keys(schemaKeyword).filter((keyword) => keyword !== 'additionalItems')
const list = Object.keys(schemaArrayKeyword).filter((keyword) => keyword !== 'items')
const map = Object.keys(schemaMapKeyword).filter((keyword) => keyword !== 'patternProperties')
const known = new Set([...plain, ...one, ...list, ...map])
const instead: Record<string, string> = {
  pattern: 'is not run here; use a field_format check for it',
  patternProperties: 'is not run here; name the properties, or use propertyNames with maxLength or enum',
  format: 'asserts nothing in JSON Schema 2020-12; use a field_format check for it',
  $ref: 'is not followed; write the schema out',
  $dynamicRef: 'is not followed; write the schema out',
  examples: 'is not needed here; leave it out',
  dependencies: 'is of an older draft; use dependentSchemas or dependentRequired',
}

const longestSchema = 32 * 1024
const deepestSchema = 32

/** What is wrong with a schema, each with the path to it; nothing where it can be used. */
export function schemaFaults(schema: unknown): { path: (string | number)[]; message: string }[] {
  if (lengthOf(schema) > longestSchema) return [{ path: [], message: `is over ${longestSchema} characters` }]
  const faults = [...walk(schema, [])]
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

function* walk(schema: unknown, path: (string | number)[]): Generator<{ path: (string | number)[]; message: string }> {
  if (typeof schema === 'boolean') return
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    return yield { path, message: 'must be a schema: an object, true or false' }
  }
  if (path.length > 2 * deepestSchema) return yield { path, message: `is nested deeper than ${deepestSchema}` }
  for (const [keyword, value] of Object.entries(schema)) {
    const here = [...path, keyword]
    if (!known.has(keyword)) {
      yield { path: here, message: instead[keyword] ?? 'is no keyword that a check can use; check its spelling' }
    } else if (one.includes(keyword)) yield* walk(value, here)
    else if (list.includes(keyword)) {
      if (Array.isArray(value)) for (const [index, child] of value.entries()) yield* walk(child, [...here, index])
      else yield { path: here, message: 'must be a list of schemas' }
    } else if (map.includes(keyword)) {
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        for (const [name, child] of Object.entries(value)) yield* walk(child, [...here, name])
      } else yield { path: here, message: 'must be an object of schemas' }
    }
  }
}

/** A schema, ready to be used again and again. */
export interface PreparedSchema {
  validator: Validator
  /** How many values and subschemas it consists of. */
  size: number
  /** Whether it compares the elements of lists with each other. */
  compares: boolean
}

/** Prepares a schema that has no faults. */
export function prepareSchema(schema: Schema): PreparedSchema {
  const text = JSON.stringify(schema)
  return {
    validator: new Validator(schema, '2020-12', true),
    size: sizeOf(schema),
    compares: text.includes('"uniqueItems":'),
  }
}

/** Nanoseconds that one pair takes at the worst, in units of effort; and a pair of elements that are compared. */
const perPair = 100
const perComparison = 5

/**
 * Judges data by a schema.
 *
 * @returns what does not fit, at most five; null where it would be too much work
 */
export function judgeBySchema(
  { validator, size, compares }: PreparedSchema,
  data: unknown,
  effort: Effort,
): { path: string; message: string }[] | null {
  const values = sizeOf(data)
  if (!effort.takes(values * (size * perPair + (compares ? values * perComparison : 0)))) return null
  const { errors } = validator.validate(data)
  return errors
    .slice(-5)
    .map(({ instanceLocation, error }) => ({ path: instanceLocation.slice(1), message: error.slice(0, 200) }))
}

function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce<number>((sum, child) => sum + sizeOf(child), 1)
}
