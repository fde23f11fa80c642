import { tooMuchWork, type Effort } from './effort.ts'
import type { Verdict } from './judge.ts'
import { isBlank, startOf, type JsonReader } from '../json-reader.ts'

/** How many rules a gate may have. */
export const mostRules = 20

export const ruleTypes = ['min_confidence', 'validation_pass_rate', 'field_coverage'] as const

/** A rule of a gate: what it demands of a result as a whole. */
export interface ReadyRule {
  id: string
  type: (typeof ruleTypes)[number]
  config: {
    /** 0–1. */
    threshold: number
    /** Which fields `field_coverage` counts; else those that the gate's checks look at. */
    fields?: string[]
  }
}

/** What a rule looks at. */
export interface Overall {
  /** 0–1, or null where the caller gave none. */
  confidence: number | null
  /** How many checks there were, and how many passed. */
  checks: number
  passed: number
  data: JsonReader
  /** The fields that the gate's checks look at. */
  fields: readonly string[]
}

/** Judges a result as a whole. Where there is nothing to count, nothing is missing. */
export function judgeRule({ type, config }: ReadyRule, overall: Overall, effort: Effort): Verdict {
  const { threshold } = config
  if (type === 'min_confidence') {
    const { confidence } = overall
    if (confidence === null) return { passed: false, details: { threshold, reason: 'no confidence was given' } }
    return verdict(confidence, threshold, { confidence, threshold })
  }
  if (type === 'validation_pass_rate') {
    const { checks, passed } = overall
    return verdict(checks === 0 ? 1 : passed / checks, threshold, { passed, checks, threshold })
  }
  const named = config.fields ?? overall.fields
  // Without named fields every member counts, and each takes at least five characters.
  const looked = named.length > 0 ? named.length : overall.data.json.length / 5
  if (!effort.takes(looked * perField)) return { passed: false, details: { threshold, reason: tooMuchWork } }
  const { fields, missing } = coverage(named, overall.data)
  const present = fields - missing.length
  return verdict(fields === 0 ? 1 : present / fields, threshold, {
    present,
    fields,
    missing: missing.slice(0, 20).map(startOf),
    threshold,
  })
}

/** What looking a field up costs, in units of effort. */
const perField = 10

function verdict(value: number, threshold: number, details: Record<string, unknown>): Verdict {
  return value >= threshold ? { passed: true, details: null } : { passed: false, details }
}

/** Without named fields, the data's own members count. */
function coverage(named: readonly string[], data: JsonReader): { fields: number; missing: string[] } {
  if (named.length > 0) {
    const fields = [...new Set(named)]
    return { fields: fields.length, missing: fields.filter((field) => isBlank(data.find(field))) }
  }
  const members = data.members()
  return { fields: members.length, missing: members.filter(({ value }) => isBlank(value)).map(({ name }) => name) }
}
