import type { ChangeInView } from './changes.store.ts'

/** The entity tag of a request: changes with its own state and, while it is pending, with the entity that it would change. */
export function changeTag({ revision, latest }: Pick<ChangeInView, 'revision' | 'latest'>): string {
  return latest === null ? String(revision) : `${revision}-${latest}`
}
