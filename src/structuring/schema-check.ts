import { validate, type Schema } from '@cfworker/json-schema'
import type { Effort } from './effort.ts'
import { startOf } from '../json-reader.ts'
import { costOf, priceOf, sizeOf } from './schema-cost.ts'

/** A schema, prepared for repeated use. */
export interface PreparedSchema {
  schema: Schema
  cost: ReturnType<typeof costOf>
}

/** Prepares a schema that has no faults. */
export function prepareSchema(schema: Schema): PreparedSchema {
  return { schema, cost: costOf(schema) }
}

/**
 * Judges data by a schema.
 *
 * @param data as JSON and as JavaScript sees it
 * @returns what does not fit, at most five faults; null if it would take too much work
 */
export function judgeBySchema(
  { schema, cost }: PreparedSchema,
  data: { json: string; plain: unknown },
  effort: Effort,
): { path: string; message: string }[] | null {
  if (!effort.takes(priceOf(cost, sizeOf(data.plain), data.json.length))) return null
  const { errors } = validate(data.plain, schema, '2020-12', {})
  return errors
    .slice(-5)
    .map(({ instanceLocation, error }) => ({ path: startOf(instanceLocation.slice(1)), message: startOf(error) }))
}
