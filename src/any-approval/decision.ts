import type { Aftermath } from '../approvals/family.ts'
import { standingOf, statusAt, type Status } from '../approvals/states.ts'
import type { DecisionRow } from './decision.store.ts'

/** What became of an approval, as of one moment. Times are in milliseconds. */
export interface Decision {
  status: Status | 'lapsed' | 'revoked'
  /** Whether nobody can take it back any more; false also while it is pending. */
  final: boolean
  decidedBy: string | null
  decidedAt: number | null
  /** What was said about it. */
  reason: string | null
  /** Whether, and from when, asking again makes sense; null while it is pending. */
  retry: 'never' | 'changed' | number | null
  /** Entity tag, without its quotes. */
  tag: string
}

/** What became of it as of `now`, whether or not a sweep has been by. */
export function decisionOf(row: DecisionRow, now: number): Decision {
  const { status, decided_at: decidedAt, decided_by: decidedBy } = standingOf(row, now)
  if (status === 'pending') return { ...undecided, tag: `${row.version}` }
  const { became, at, reason, final = true } = JSON.parse(row.after ?? '{}') as Aftermath
  const shown = became ?? status
  const turned = became ?? (status === row.status ? undefined : status)
  return {
    status: shown,
    final,
    decidedBy,
    decidedAt,
    reason: reason ?? row.comment,
    retry: retryOf(shown, at ?? decidedAt),
    tag: [row.version, turned ?? (final ? 'final' : 'open')].join('-'),
  }
}

const undecided = {
  status: 'pending',
  final: false,
  decidedBy: null,
  decidedAt: null,
  reason: null,
  retry: null,
} as const

/** Whether there is nothing to wait for any more. */
export function hasEnded(row: DecisionRow, now: number): boolean {
  return statusAt(row, now) !== 'pending'
}

function retryOf(status: Exclude<Decision['status'], 'pending'>, at: number | null): Decision['retry'] {
  if (status === 'approved' || status === 'withdrawn') return 'never'
  return status === 'expired' || status === 'lapsed' ? at : 'changed'
}
