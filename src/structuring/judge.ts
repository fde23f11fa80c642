import type { Schema } from '@cfworker/json-schema'
import type { RE2JS } from 're2js'
import { comparable, holdsBetween, type Operator } from '../comparison.ts'
import type { CheckType } from './check-config.ts'
import { tooMuchWork, type Effort } from './effort.ts'
import { compare, isBlank, isScalar, JsonReader, keyOf, startOf, stringOf, type Found } from '../json-reader.ts'
import { compilePattern, occursIn, weightOfPattern } from './pattern.ts'
import { judgeBySchema, prepareSchema, type PreparedSchema } from './schema-check.ts'

/** A check, ready to judge. Of its config it keeps only what judging needs, because it stays in memory. */
export interface ReadyCheck {
  id: string
  name: string
  type: CheckType
  severity: 'warning' | 'error'
  /** The fields of the data that it looks at: one, for `cross_field` left and right, for some types none. */
  fields: readonly string[]
  /** The most memory that it takes, in bytes. */
  weight: number
  bounds?: { min: Found | undefined; max: Found | undefined }
  op?: Operator
  pattern?: { text: string; compiled: RE2JS }
  /** The keys of the allowed values, and the first few values as details show them. */
  allowed?: { keys: ReadonlySet<string | null>; first: readonly unknown[] }
  schema?: PreparedSchema
}

/** The outcome of one check. `details` says why it failed. */
export interface Verdict {
  passed: boolean
  details: Record<string, unknown> | null
}

/** What the caller reports about a check that it has run itself. */
export interface Reported {
  passed: boolean
  details?: Record<string, unknown> | null
}

/** What is judged. */
export interface Submission {
  data: JsonReader
  /** The same as JavaScript sees it: numbers are IEEE doubles. */
  plain: unknown
  confidence: number | null
  reported: ReadonlyMap<string, Reported>
}

/** The members that a config may have, depending on the check's type. */
interface Config {
  field?: string
  left?: string
  right?: string
  op: Operator
  pattern: string
  schema: Schema
}

/** How many bytes of memory each character of a config may come to: `{},{},` makes an object of every three. */
const perConfigCharacter: Partial<Record<CheckType, number>> = { json_schema: 28, allowed_values: 28 }

/** Makes a stored check ready. `config` is its JSON text. */
export async function ready(
  check: Pick<ReadyCheck, 'id' | 'name' | 'type' | 'severity'> & { config: string },
): Promise<ReadyCheck> {
  const { id, name, type, severity, config } = check
  const { field, left, right, op, pattern: text, schema } = JSON.parse(config) as Config
  const compiled = type === 'field_format' ? await compilePattern(text) : undefined
  return {
    id,
    name,
    type,
    severity,
    fields: [field, left, right].filter((one) => one !== undefined),
    weight: 1_000 + (perConfigCharacter[type] ?? 4) * config.length + (compiled ? weightOfPattern(compiled) : 0),
    ...(type === 'value_range' && { bounds: boundsIn(new JsonReader(config)) }),
    ...(type === 'cross_field' && { op }),
    ...(compiled && { pattern: { text, compiled } }),
    ...(type === 'allowed_values' && { allowed: allowedIn(new JsonReader(config)) }),
    ...(type === 'json_schema' && { schema: prepareSchema(schema) }),
  }
}

function boundsIn(config: JsonReader) {
  return { min: config.find('min'), max: config.find('max') }
}

function allowedIn(config: JsonReader) {
  const values = config.elements('values')
  return { keys: new Set(values.map(keyOf)), first: values.slice(0, 20).map(shown) }
}

/** Judges a submission by one check. Never throws: what cannot be judged fails, with the reason. */
export function judge(check: ReadyCheck, submission: Submission, effort: Effort): Verdict {
  try {
    return judges[check.type](check, submission, effort)
  } catch (error) {
    return fails({ reason: `could not be judged: ${startOf((error as Error).message)}` })
  }
}

type Judge = (check: ReadyCheck, submission: Submission, effort: Effort) => Verdict

const judges: Record<CheckType, Judge> = {
  value_range: onField((value, { bounds: { min, max } = {} }) => {
    const bounds = { ...(min && { min: shown(min) }), ...(max && { max: shown(max) }) }
    if (value.type !== 'number') return fails({ ...bounds, reason: `its type is ${value.type}, not number` })
    const isWithin = (!min || (compare(value, min) ?? 0) >= 0) && (!max || (compare(value, max) ?? 0) <= 0)
    return isWithin ? passes : fails(bounds)
  }),
  field_format: onField((value, check, effort) => {
    const { text, compiled } = check.pattern as Required<ReadyCheck>['pattern']
    if (value.type !== 'string' && value.type !== 'number') {
      return fails({ pattern: text, reason: `its type is ${value.type}, not string or number` })
    }
    const occurs = occursIn(compiled, stringOf(value), effort)
    if (occurs === null) return fails({ pattern: text, reason: tooMuchWork })
    return occurs ? passes : fails({ pattern: text })
  }),
  required_field: onField((value) => (isBlank(value) ? fails({ reason: 'is empty' }) : passes)),
  allowed_values: onField((value, { allowed }) => {
    const key = keyOf(value)
    if (key !== null && allowed?.keys.has(key)) return passes
    return fails({ allowed: allowed?.first })
  }),
  cross_field({ fields, op }, { data }, effort) {
    const [left, right] = fields as [string, string]
    const [a, b] = [data.find(left), data.find(right)]
    const details = { left, op, right, ...(a && { left_value: shown(a) }), ...(b && { right_value: shown(b) }) }
    const missing = [a ? [] : left, b ? [] : right].flat()
    if (!a || !b)
      return fails({ ...details, reason: `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} missing` })
    if (!effort.takes((a.text.length + b.text.length) * perCharacter))
      return fails({ left, op, right, reason: tooMuchWork })
    const holds = holdsBetween(comparable(a), op as Operator, comparable(b))
    if (holds === null) return fails({ ...details, reason: `${a.type} and ${b.type} cannot be compared so` })
    return holds ? passes : fails(details)
  },
  json_schema({ schema }, { data, plain }, effort) {
    const errors = judgeBySchema(schema as PreparedSchema, { json: data.json, plain }, effort)
    if (errors === null) return fails({ reason: tooMuchWork })
    return errors.length === 0 ? passes : fails({ errors })
  },
  reported({ id }, { reported }) {
    const outcome = reported.get(id)
    if (!outcome) return fails({ reason: 'its outcome was not reported' })
    return { passed: outcome.passed, details: outcome.details ?? null }
  },
}

const passes: Verdict = { passed: true, details: null }

function fails(details: Record<string, unknown>): Verdict {
  return { passed: false, details }
}

/** What reading a value costs, in units of effort. */
const perCharacter = 10

/** A judge of one field: it names the field and its value, and fails a missing one. */
function onField(judgeValue: (value: Found, check: ReadyCheck, effort: Effort) => Verdict): Judge {
  return (check, { data }, effort) => {
    const [field] = check.fields as [string]
    const value = data.find(field)
    if (!value) return fails({ field, reason: 'is missing' })
    if (!effort.takes(value.text.length * perCharacter)) return fails({ field, reason: tooMuchWork })
    const { passed, details } = judgeValue(value, check, effort)
    return passed ? passes : fails({ field, value: shown(value), ...details })
  }
}

/** A value as details show it: numbers with all their digits, long text cut, lists and objects as text. */
function shown(value: Found): unknown {
  const text = stringOf(value)
  if (value.type === 'string' || !isScalar(value) || startOf(text) !== text) return startOf(text)
  return value.type === 'number' ? JSON.rawJSON(text) : JSON.parse(text)
}
