import type { ChangeInView } from './changes.store.ts'

/**
 * The entity tag of a request. It changes with its own state and, while it is pending, with that of the entity it would
 * change.
 */
export function changeTag({ approval_version, latest }: Pick<ChangeInView, 'approval_version' | 'latest'>): string {
  return latest === null ? String(approval_version) : `${approval_version}-${latest}`
}
