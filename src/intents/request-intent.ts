import { underPolicies, type Book } from '../approvals/book.ts'
import { digestOf } from '../approvals/digest.ts'
import { open } from '../approvals/open.ts'
import { termsOf } from '../approvals/terms.ts'
import { refuseOtherInstance } from '../access/refuse-other-instance.ts'
import type { Ctx } from '../context.ts'
import { isDuplicate } from '../db/failures.ts'
import { hour } from '../durations.ts'
import { once } from '../idempotency/once.ts'
import { newId } from '../ids.ts'
import { mostTries, newRef } from './approval-ref.ts'
import { intentKind, whatIsCalled } from './intent-kind.ts'
import { insertIntent, type Intent, type IntentFacts } from './intents.store.ts'

/** What an agent asks for; `expires_in_hours` is how long the decision may take. */
export type NewIntent = Omit<IntentFacts, 'id' | 'approval_ref'> & { expires_in_hours: number }

/**
 * Stores a call that has to wait for a person.
 *
 * @param makeRef makes a short reference for the given try; if it is taken, the next try follows
 * @throws Refusal `not_found` (an instance that the key does not reach), `idempotency_key_reused`
 */
export async function requestIntent(ctx: Ctx, asked: NewIntent, makeRef = newRef): Promise<Intent> {
  refuseOtherInstance(ctx.actor, asked.instance_id)
  return underPolicies(ctx, [ctx.actor.userId], async (book) => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await ask(ctx, book, asked, makeRef(attempt))
      } catch (error) {
        if (!isDuplicate(error, 'intents') || attempt + 1 >= mostTries) throw error
      }
    }
  })
}

async function ask(ctx: Ctx, book: Book, { expires_in_hours, ...facts }: NewIntent, ref: string): Promise<Intent> {
  const called = { ...facts, id: newId('int'), approval_ref: ref }
  const title = `${facts.skill_slug}: ${facts.action}`
  const what = whatIsCalled(called)
  const requester = ctx.actor.userId
  const clock = { due_at: ctx.now + expires_in_hours * hour, on_due: 'expire' } as const
  const terms = termsOf(book, intentKind, { what, requester, clocks: [clock] }, ctx.now)
  const { policy_version_id, votes_needed, channel_confirms, due_at, on_due } = terms
  const intent: Intent = {
    ...called,
    digest: await digestOf({ id: called.id, kind: intentKind.kind, revision: 1, title, requester, what }),
    status: 'pending',
    created_at: ctx.now,
    due_at,
    on_due,
    policy_version_id,
    votes_needed,
    votes_for: 0,
    channel_confirms,
    decided_by: null,
    decided_at: null,
    resolver_role: null,
    resolution_channel: null,
    reported_by: null,
    outbox_id: null,
  }
  const opening = {
    id: intent.id,
    title,
    requester_id: requester,
    subject: { type: `instance:${intent.instance_id}`, id: intent.customer_id },
    what,
    digest: intent.digest,
    instance_id: intent.instance_id,
    terms,
  }
  return once(ctx, intent, [...(await open(ctx, book, intentKind, 'requested', [opening])), insertIntent(ctx, intent)])
}
