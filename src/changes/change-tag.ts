import { tagAsOfNow } from '../approvals/approval.ts'
import type { ChangeInView } from './changes.store.ts'

/**
 * The entity tag of a request. It changes with its own state and, while it is pending, with that of the entity it would
 * change.
 */
export function changeTag({
  status,
  approval_version,
  latest,
}: Pick<ChangeInView, 'status' | 'approval_version' | 'latest'>): string {
  const tag = tagAsOfNow({ status, version: approval_version })
  return latest === null ? tag : `${tag}-${latest}`
}
