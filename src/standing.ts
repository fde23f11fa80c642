import type { Approval } from './approvals/approval.ts'
import { standingOf } from './approvals/states.ts'
import { iso } from './http/time.ts'

type Standing = Pick<
  Approval,
  | 'title'
  | 'status'
  | 'revision'
  | 'digest'
  | 'requester_id'
  | 'submitted_by'
  | 'created_at'
  | 'updated_at'
  | 'due_at'
  | 'on_due'
  | 'decided_by'
  | 'decided_at'
  | 'comment'
  | 'approved_digest'
>

/** Where an approval stands as of `now`, as `standingShape` says it. */
export function standing(approval: Standing, now: number) {
  const { title, revision, digest, approved_digest, comment } = approval
  const { status, decided_at, decided_by } = standingOf(approval, now)
  return {
    title,
    status,
    revision,
    digest,
    submitted_by: approval.submitted_by ?? approval.requester_id,
    created_at: iso(approval.created_at),
    updated_at: iso(approval.updated_at),
    due_at: iso(approval.due_at),
    decided_by,
    decided_at: iso(decided_at),
    comment,
    approved_digest: status === 'approved' ? (approved_digest ?? digest) : null,
    edited: approved_digest !== null,
  }
}
