import { decide } from '../../src/approvals/decide.ts'
import { open } from '../../src/approvals/open.ts'
import { defaultPolicy } from '../../src/approvals/policy.ts'
import type { Ctx } from '../../src/context.ts'
import { once } from '../../src/idempotency/once.ts'
import { newId } from '../../src/ids.ts'
import { Refusal } from '../../src/refusal.ts'
import { insertHoliday, selectHoliday, type Holiday } from './holidays.store.ts'

const holidayKind = { kind: 'holiday', policy: defaultPolicy(['reviewer']) }

export async function requestHoliday(ctx: Ctx, days: number): Promise<Holiday> {
  if (days > 30) throw new Refusal('too_many_days', `${days} days are more than 30.`)
  const asked = { id: newId('hol'), status: 'pending', days }
  const opening = {
    id: asked.id,
    title: `${days} days off`,
    requester_id: ctx.actor.userId,
    what: { days },
    due_at: ctx.now + 86_400_000,
    on_due: 'expire' as const,
  }
  return once(ctx, asked, [...(await open(ctx, holidayKind, 'requested', [opening])), insertHoliday(ctx, asked)])
}

export async function getHoliday(ctx: Ctx, id: string): Promise<Holiday> {
  const [found] = await ctx.db.run(selectHoliday(ctx, id))
  if (!found) throw new Refusal('not_found', `There is no holiday ${id}.`)
  return found
}

export function approveHoliday(ctx: Ctx, id: string): Promise<Holiday> {
  const view = selectHoliday(ctx, id)
  return decide(ctx, { id, ...holidayKind, vote: 'approve', comment: null, ifMatch: null, view })
}
