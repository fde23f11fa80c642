import { underPolicies } from '../../src/approvals/book.ts'
import { decide, type Decision } from '../../src/approvals/decide.ts'
import { open } from '../../src/approvals/open.ts'
import { defaultPolicy } from '../../src/approvals/policy.ts'
import type { Ballot } from '../../src/approvals/rules.ts'
import type { Ctx } from '../../src/context.ts'
import type { Reference } from '../../src/db/open-db.ts'
import { once } from '../../src/idempotency/once.ts'
import { newId } from '../../src/ids.ts'
import { Refusal } from '../../src/refusal.ts'
import { insertHoliday, selectHoliday, type Holiday } from './holidays.store.ts'

export const holidayKind = { kind: 'holiday', policy: defaultPolicy(['reviewer']) } as const

export async function requestHoliday(ctx: Ctx, days: number): Promise<Holiday> {
  if (days > 30) throw new Refusal('too_many_days', `${days} days are more than 30.`)
  const clock = { due_at: ctx.now + 86_400_000, on_due: 'expire' } as const
  const opening = { id: newId('hol'), title: `${days} days off`, requester_id: ctx.actor.userId, what: { days }, clock }
  return underPolicies(ctx, [ctx.actor.userId], async (book) => {
    const { approvals, statements } = await open(ctx, book, holidayKind, 'requested', [opening])
    return once(ctx, { ...approvals[0], days }, [...statements, insertHoliday(ctx, opening.id, days)])
  })
}

export async function getHoliday(ctx: Ctx, id: string): Promise<Holiday> {
  const [found] = await ctx.db.run(selectHoliday(ctx, id))
  if (!found) throw new Refusal('not_found', `There is no holiday ${id}.`)
  return found
}

export function approveHoliday(ctx: Ctx, id: string): Promise<Holiday> {
  return decide(ctx, decisionOnHoliday(ctx, id, { vote: 'approve', comment: null, ifMatch: null }))
}

export function decisionOnHoliday(ctx: Ctx, id: Reference, ballot: Ballot): Decision<Holiday> {
  return { id, ...holidayKind, ...ballot, view: selectHoliday(ctx, id) }
}
