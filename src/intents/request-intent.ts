import { underPolicies, type Book } from '../approvals/book.ts'
import { open } from '../approvals/open.ts'
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
  const opening = {
    id: called.id,
    title: `${facts.skill_slug}: ${facts.action}`,
    requester_id: ctx.actor.userId,
    subject: { type: `instance:${facts.instance_id}`, id: facts.customer_id },
    what: whatIsCalled(called),
    clock: { due_at: ctx.now + expires_in_hours * hour, on_due: 'expire' },
    instance_id: facts.instance_id,
  } as const
  const { approvals, statements } = await open(ctx, book, intentKind, 'requested', [opening])
  const intent: Intent = { ...approvals[0], ...called, ...unresolved }
  return once(ctx, intent, [...statements, insertIntent(ctx, intent)])
}

const unresolved = { resolver_role: null, resolution_channel: null, reported_by: null, outbox_id: null }
