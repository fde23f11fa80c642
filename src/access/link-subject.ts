import { recordIf, type Happening } from '../approvals/history.store.ts'
import type { Ctx } from '../context.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import { forgetKeys } from './authenticate.ts'
import { knownAs } from './known-as.ts'
import { selectPerson, selectSubject, updateSubject, wrotePerson } from './people.store.ts'

/**
 * Says who a person is to an identity provider, before they sign in with a token: then that makes nobody else of them.
 * For the operator alone, because whoever says it could act as the person.
 *
 * @throws Refusal `not_found`, `duplicate_id` where either is somebody else already
 */
export async function linkSubject(ctx: Ctx, id: string, issuer: string, subject: string): Promise<void> {
  const write_id = newId('wr')
  const names = await knownAs(ctx, issuer, subject)
  const linked: Happening = {
    type: 'person.linked',
    resourceId: id,
    from: 'active',
    to: 'active',
    data: { issuer, subject },
  }
  const {
    person: [person],
    known: [known],
  } = await ctx.db.batch({
    linked: updateSubject(ctx, { id, write_id }, names),
    event: recordIf(ctx, [linked], wrotePerson(ctx, { id, write_id })),
    person: selectPerson(ctx, id),
    known: selectSubject(ctx, names),
  })
  forgetKeys()
  if (!person) throw new Refusal('not_found', `There is no person ${id}.`)
  if (known?.id === id) return
  if (known) throw new Refusal('duplicate_id', `${subject} of ${issuer} is, or was, ${known.id}.`)
  throw new Refusal('duplicate_id', `${id} is already ${person.subject} of ${person.issuer}.`)
}
