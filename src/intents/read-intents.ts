import { refuseOtherInstance } from '../access/refuse-other-instance.ts'
import type { Ctx } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { Refusal } from '../refusal.ts'
import { readRef } from './approval-ref.ts'
import { countPending, selectInView, selectPending, type Intent, type IntentInView } from './intents.store.ts'

/** By its reference, in any case, with what became of it. @throws Refusal `not_found` */
export async function getIntent(ctx: Ctx, instanceId: string, ref: string): Promise<IntentInView> {
  refuseOtherInstance(ctx.actor, instanceId)
  const [intent] = await ctx.db.run(selectInView(ctx, instanceId, readRef(ref)))
  if (!intent) throw new Refusal('not_found', `There is no intent ${ref}.`)
  return intent
}

/**
 * What waits for a customer at an instance, oldest first. An expired one is not listed, whether or not it was swept.
 */
export async function listPendingIntents(
  ctx: Ctx,
  instanceId: string,
  customerId: string,
  page: PageRequest,
): Promise<Page<Intent>> {
  refuseOtherInstance(ctx.actor, instanceId)
  const {
    rows,
    count: [count],
  } = await ctx.db.batch({
    rows: selectPending(ctx, instanceId, customerId, page),
    count: countPending(ctx, instanceId, customerId),
  })
  return pageOf(rows, page, count?.total ?? 0, (intent) => intent, 'serialized_intent')
}
