import { digestOf } from '../approvals/digest.ts'
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
 * @param makeRef makes a short reference for the given try; one that is taken is followed by the next try
 * @throws Refusal `not_found` (an instance that the key does not reach), `idempotency_key_reused`
 */
export async function requestIntent(ctx: Ctx, asked: NewIntent, makeRef = newRef): Promise<Intent> {
  refuseOtherInstance(ctx.actor, asked.instance_id)
  const { expires_in_hours, ...facts } = asked
  const due_at = ctx.now + expires_in_hours * hour
  for (let attempt = 0; ; attempt += 1) {
    const called = { ...facts, id: newId('int'), approval_ref: makeRef(attempt) }
    const title = `${facts.skill_slug}: ${facts.action}`
    const what = whatIsCalled(called)
    const question = { id: called.id, kind: intentKind.kind, revision: 1, title, requester: ctx.actor.userId, what }
    const intent: Intent = {
      ...called,
      digest: await digestOf(question),
      status: 'pending',
      created_at: ctx.now,
      due_at,
      on_due: 'expire',
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
      requester_id: ctx.actor.userId,
      subject: { type: `instance:${intent.instance_id}`, id: intent.customer_id },
      what,
      digest: intent.digest,
      instance_id: intent.instance_id,
      due_at,
      on_due: 'expire' as const,
    }
    try {
      return await once(ctx, intent, [
        ...(await open(ctx, intentKind, 'requested', [opening])),
        insertIntent(ctx, intent),
      ])
    } catch (error) {
      if (!isDuplicate(error, 'intents') || attempt + 1 >= mostTries) throw error
    }
  }
}
