import { forgetKeyNames } from '../access/keys.store.ts'
import { deletePerson } from '../access/people.ts'
import { knownAs } from '../access/known-as.ts'
import { forgetPerson, selectKnownAs, selectWhetherStored } from '../access/people.store.ts'
import { eraseComments, eraseEvents, selectErasable, selectWhetherNamed } from '../approvals/erase.store.ts'
import { record, type Happening } from '../approvals/history.store.ts'
import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'
import { deleteAnswersOf } from '../idempotency/idempotency.store.ts'
import { Refusal } from '../refusal.ts'
import { dataHash, idsOf } from './leaf.ts'

/** How many events one transaction erases: by way of wrangler it has to fit into a command line. */
const perStep = 100

/** Takes away what a person has said in tables of a family's own: its `x.erase.store.ts`, where it has such. */
export type Erasing = (ctx: Ctx, personId: string) => Statement

/**
 * Erases a person: their name and address, what they have said, and the salts that it was sealed with, so that not even
 * a guess can be confirmed. Their id stays, as do the facts that they asked for or voted on: which, when, how. What is
 * sealed stays provable. Running it again goes on where it was cut off.
 *
 * @param families what each family erases
 * @param isAgain whether they were erased just now: that is told once more only where something had come meanwhile
 * @returns how many events were erased
 * @throws Refusal `last_admin_key`
 */
export async function erasePerson(
  ctx: Ctx,
  personId: string,
  families: readonly Erasing[],
  isAgain = false,
): Promise<number> {
  await endPerson(ctx, personId)
  let erased = 0
  for (let after = 0; ;) {
    const events = await ctx.db.run(selectErasable(ctx, personId, after, perStep))
    const last = events.at(-1)
    if (!last) break
    const emptied = events.map(({ seq, salt, data }) => ({ seq, data_hash: dataHash(salt, data), kept: idsOf(data) }))
    await ctx.db.batch({
      events: eraseEvents(ctx, emptied),
      comments: eraseComments(ctx, personId, [...new Set(events.map(({ resource_id }) => resource_id))]),
    })
    erased += events.length
    after = last.seq
  }
  const [provided] = await ctx.db.run(selectKnownAs(ctx, personId))
  const known = provided ? await knownAs(ctx, provided.issuer, provided.subject) : null
  const data = { events: erased }
  const happened: Happening = { type: 'person.erased', resourceId: personId, from: null, to: 'erased', data }
  await ctx.db.batch({
    person: forgetPerson(ctx, personId, known),
    keys: forgetKeyNames(ctx, personId),
    answers: deleteAnswersOf(ctx, personId),
    families: families.map((erase) => erase(ctx, personId)),
    event: isAgain && erased === 0 ? undefined : record(ctx, [happened]),
  })
  return erased
}

/** Whether there is anything of somebody: a person who is or was here, what they did, or what was asked for them. */
export async function isKnown(ctx: Ctx, personId: string): Promise<boolean> {
  const found = await ctx.db.batch({
    stored: selectWhetherStored(ctx, personId),
    named: selectWhetherNamed(ctx, personId),
  })
  return found.stored.length + found.named.length > 0
}

/** Whoever is erased cannot act any more. One who was never stored, or is deleted, has nothing to end. */
async function endPerson(ctx: Ctx, personId: string): Promise<void> {
  try {
    await deletePerson(ctx, personId, null)
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'not_found')) throw error
  }
}
