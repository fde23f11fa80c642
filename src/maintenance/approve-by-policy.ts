import { approveByClock, findToApprove, type ToApprove } from '../approvals/decide-due.ts'
import { systemContext, type Ctx } from '../context.ts'
import { asFound } from '../db/in-steps.ts'
import { all, decidingDue } from './deciding-due.ts'

/** How many one look finds, how many of those are one transaction, and how many looks a run takes: 1,000 in all. */
const perStep = 50
const atOnce = 25
const steps = 20

/**
 * Approves what a policy has approved when its time comes, with what the family does then.
 *
 * @returns how many
 */
export function approveByPolicy(ctx: Ctx): Promise<number> {
  const find = (limit: number) => findToApprove(ctx, decidingDue, limit)
  return asFound(steps, perStep, find, async (found) => {
    const due = found.flatMap((one) => toApprove(ctx, one))
    for (const { tenant_id } of found) ctx.decidedFor.add(tenant_id)
    let approved = 0
    for (let at = 0; at < due.length; at += atOnce) approved += await approveOrEach(ctx, due.slice(at, at + atOnce))
    return approved
  })
}

function toApprove(ctx: Ctx, { id, tenant_id, kind }: Awaited<ReturnType<typeof findToApprove>>[number]): ToApprove[] {
  const family = all.find((one) => one.kind === kind)
  if (!family) return []
  const ofTenant = { ...systemContext(ctx.env, 'system:auto-approve', ctx.now, tenant_id), db: ctx.db }
  const decision = family.decision(ofTenant, id, { vote: 'approve', comment: null, ifMatch: null })
  return [{ ctx: ofTenant, id, decision }]
}

/**
 * One that cannot be approved holds up no other: where they fail together, each is tried alone.
 *
 * @throws the last error where all of them fail
 */
async function approveOrEach(ctx: Ctx, due: readonly ToApprove[]): Promise<number> {
  try {
    return await approveByClock(ctx.db, due)
  } catch (error) {
    if (due.length === 1) throw error
  }
  const failed: unknown[] = []
  let approved = 0
  for (const one of due) {
    try {
      approved += await approveByClock(ctx.db, [one])
    } catch (error) {
      failed.push(error)
      console.error({ message: 'a policy’s clock could not approve', approval: one.id, error: String(error) })
    }
  }
  if (failed.length === due.length) throw failed.at(-1)
  return approved
}
