import { isOpened } from '../approvals/approvals.store.ts'
import { underPolicies } from '../approvals/book.ts'
import { open } from '../approvals/open.ts'
import type { Ctx } from '../context.ts'
import { onceIf } from '../idempotency/once.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import { isApplied } from './applied-types.ts'
import { changeKind, whatChanges } from './change-kind.ts'
import { insertChange, isThere, type Change, type ChangeFacts } from './changes.store.ts'

/**
 * Asks for a change of a stored entity.
 *
 * @throws Refusal `entity_exists` (create), `entity_not_found` (update, delete), both as of this very moment
 */
export async function requestChange(ctx: Ctx, asked: Omit<ChangeFacts, 'id'>): Promise<Change> {
  const facts: ChangeFacts = { id: newId('approval'), ...asked }
  const { actor } = ctx
  const opening = {
    id: facts.id,
    title: `${asked.action} ${asked.entity_name}`,
    requester_id: actor.userId,
    subject: { type: asked.entity_type, id: asked.entity_id },
    what: whatChanges({ ...asked, payload: compact(asked.payload) }),
  }
  const applies = isApplied(asked.entity_type)
  const guard = applies ? isThere(ctx, facts) : undefined
  const made = await underPolicies(ctx, [actor.userId], async (book) => {
    const { approvals, statements } = await open(ctx, book, changeKind, 'requested', [opening], guard)
    const [{ version: approval_version, ...approval }] = approvals
    const change: Change = { ...approval, ...facts, requester_name: actor.name, approval_version }
    return onceIf(ctx, change, [...statements, insertChange(ctx, facts, applies)], isOpened(facts.id))
  })
  if (!made) throw notAsNeeded(asked)
  return made
}

/** Why a change cannot be: the entity is there, or is not. */
export function notAsNeeded({
  action,
  entity_type,
  entity_id,
}: Pick<ChangeFacts, 'action' | 'entity_type' | 'entity_id'>): Refusal {
  return action === 'create'
    ? new Refusal('entity_exists', `${entity_type} ${entity_id} already exists; ask for an update of it.`)
    : new Refusal('entity_not_found', `${entity_type} ${entity_id} does not exist, so it cannot be ${action}d.`)
}

/** JSON text as it is stored: as it was sent, but for blanks between its tokens. */
function compact(json: string | null): string | null {
  return json && json.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, '$1')
}
