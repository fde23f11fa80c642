import { Effort } from './effort.ts'
import { judge, type ReadyCheck, type Submission, type Verdict } from './judge.ts'
import { judgeRule, type ReadyRule } from './judge-rule.ts'

/** A gate with everything that it judges by. */
export interface ReadyGate {
  /** Active ones, in order. */
  checks: readonly ReadyCheck[]
  rules: readonly ReadyRule[]
  /** Whether a failed check of severity `warning` holds a result up too. */
  queue_warnings: boolean
}

/** The outcome of one check or rule, and whether a person has to look at it. */
export interface Finding extends Verdict {
  /** Of the check, or of the rule. */
  check_id: string
  check_name: string
  type: ReadyCheck['type'] | ReadyRule['type']
  severity: 'warning' | 'error'
  queued: boolean
}

/** Judges a submission: each check in order, then each rule. The result may pass if nothing is `queued`. */
export function evaluate(gate: ReadyGate, submission: Submission): Finding[] {
  const effort = new Effort()
  const judged = gate.checks.map((check) => {
    const { passed, details } = judge(check, submission, effort)
    const { id: check_id, name: check_name, type, severity } = check
    const queued = !passed && (severity === 'error' || gate.queue_warnings)
    return { check_id, check_name, type, severity, passed, details, queued }
  })
  const overall = {
    confidence: submission.confidence,
    checks: judged.length,
    passed: judged.filter(({ passed }) => passed).length,
    data: submission.data,
    fields: gate.checks.flatMap((check) => check.fields),
  }
  const ruled = gate.rules.map((rule) => {
    const { passed, details } = judgeRule(rule, overall, effort)
    const severity = 'error' as const
    return { check_id: rule.id, check_name: rule.type, type: rule.type, severity, passed, details, queued: !passed }
  })
  return [...judged, ...ruled]
}
