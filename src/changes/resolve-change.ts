import { decide, type Decision, type Guard } from '../approvals/decide.ts'
import type { Ballot } from '../approvals/rules.ts'
import { withdraw } from '../approvals/withdraw.ts'
import type { Ctx } from '../context.ts'
import type { Reference } from '../db/open-db.ts'
import { Refusal } from '../refusal.ts'
import { changeKind } from './change-kind.ts'
import { changeTag } from './change-tag.ts'
import { applyChange, fits, largestEntity, selectChange, type ChangeInView } from './changes.store.ts'
import { notAsNeeded } from './request-change.ts'

/**
 * Decides a requested change; an approved one is applied in the same transaction.
 *
 * @throws Refusal as `decide`; `precondition_failed`, `entity_exists`, `entity_not_found`, `entity_not_object`,
 *   `entity_too_large`, or `stale` where the entity has changed since the change was asked for and no `If-Match` says
 *   that the approver saw how
 */
export async function resolveChange(ctx: Ctx, id: string, ballot: Ballot): Promise<ChangeInView> {
  return decide(ctx, decisionOnChange(ctx, id, ballot))
}

/** Such a decision, as the core takes it. */
export function decisionOnChange(ctx: Ctx, id: Reference, ballot: Ballot): Decision<ChangeInView> {
  return {
    id,
    ...changeKind,
    ...ballot,
    ifMatch: null,
    guard: unlessUnfit(ballot),
    effect: (mark) => (ballot.vote === 'approve' ? [applyChange(ctx, mark)] : []),
    view: selectChange(ctx, id),
  }
}

function unlessUnfit(ballot: Pick<Ballot, 'vote' | 'ifMatch'>): Guard<ChangeInView> {
  return {
    condition: fits(ballot.vote, ballot.ifMatch),
    whyNot: (change) => whyUnfit(change, ballot),
    asked: 'last',
  }
}

/** Says what `fits` says in SQL, about a pending change. */
function whyUnfit(change: ChangeInView, { vote, ifMatch }: Pick<Ballot, 'vote' | 'ifMatch'>): Refusal | null {
  const tag = changeTag(change)
  if (ifMatch && !ifMatch.includes(tag)) {
    return new Refusal('precondition_failed', `${change.id} is now at "${tag}".`, { etag: `"${tag}"` })
  }
  if (vote === 'reject' || change.applies === 0) return null
  if ((change.action === 'create') !== (change.version === null)) return notAsNeeded(change)
  if (!ifMatch && change.latest !== change.base_version) {
    const detail = `${change.entity_type} ${change.entity_id} has changed since: it is at version ${change.latest}, and the change was asked for on version ${change.base_version}. Look at the preview, then approve with If-Match: "${tag}".`
    return new Refusal('stale', detail, {
      baseVersion: change.base_version,
      currentVersion: change.latest,
      etag: `"${tag}"`,
    })
  }
  if (!isObject(change)) return new Refusal('entity_not_object', `The payload of ${change.id} is not a JSON object.`)
  if (change.action === 'update' && isTooLarge(change)) {
    const detail = `${change.entity_type} ${change.entity_id} would be over ${largestEntity} bytes.`
    return new Refusal('entity_too_large', detail)
  }
  return null
}

/** Payloads are stored without surrounding blanks. */
function isObject({ action, payload }: ChangeInView): boolean {
  return action === 'delete' || payload?.startsWith('{') === true
}

function isTooLarge({ preview }: ChangeInView): boolean {
  return preview !== null && new TextEncoder().encode(preview).length > largestEntity
}

/** The requester takes a pending request back. @throws Refusal as `withdraw` */
export async function withdrawChange(
  ctx: Ctx,
  id: string,
  ifMatch: readonly string[] | null,
  digest?: string,
): Promise<ChangeInView> {
  return withdraw(ctx, {
    id,
    ...changeKind,
    ifMatch: null,
    digest,
    guard: unlessUnfit({ vote: 'reject', ifMatch }),
    view: selectChange(ctx, id),
  })
}
