import { isOpened } from '../approvals/approvals.store.ts'
import { underPolicies } from '../approvals/book.ts'
import { digestOf } from '../approvals/digest.ts'
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
  const { actor, now } = ctx
  const title = `${asked.action} ${asked.entity_name}`
  const what = whatChanges({ ...asked, payload: compact(asked.payload) })
  const question = { id: facts.id, kind: changeKind.kind, revision: 1, title, requester: actor.userId, what }
  const digest = await digestOf(question)
  const change: Change = {
    ...facts,
    digest,
    requester_id: actor.userId,
    requester_name: actor.name,
    status: 'pending',
    created_at: now,
    decided_by: null,
    decided_at: null,
    comment: null,
    approval_version: 1,
    policy_version_id: null,
    votes_needed: 1,
    votes_for: 0,
  }
  const applies = isApplied(asked.entity_type)
  const opening = {
    id: facts.id,
    title,
    requester_id: actor.userId,
    subject: { type: asked.entity_type, id: asked.entity_id },
    what,
    digest,
  }
  const guard = applies ? isThere(ctx, facts) : undefined
  const made = await underPolicies(ctx, [actor.userId], async (book) => {
    const opened = await open(ctx, book, changeKind, 'requested', [opening], guard)
    return onceIf(ctx, change, [...opened, insertChange(ctx, facts, applies)], isOpened(facts.id))
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
    ? new Refusal('entity_exists', `There is a ${entity_type} ${entity_id} already; ask for an update of it.`)
    : new Refusal('entity_not_found', `There is no ${entity_type} ${entity_id} to ${action}.`)
}

/** JSON text as it is stored: as it was sent, but for blanks between its tokens. */
function compact(json: string | null): string | null {
  return json && json.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, '$1')
}
