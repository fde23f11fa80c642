import { approveByClock, findToApprove } from '../approvals/decide-due.ts'
import type { Family } from '../approvals/family.ts'
import { systemContext, type Ctx } from '../context.ts'
import { asFound } from '../db/in-steps.ts'
import { families } from '../families.ts'

const all: readonly Family[] = families
/** Those that approve what is due by themselves, many at once. */
const byThemselves = all.filter(({ approvesDue }) => approvesDue).map(({ kind }) => kind)

/** How many one look finds, and how many looks a run takes: each is a transaction of its own. */
const perStep = 50
const steps = 4

/**
 * Approves what a policy has approved when its time comes, with what the family does then.
 *
 * @returns how many
 */
export function approveByPolicy(ctx: Ctx): Promise<number> {
  const find = (limit: number) => findToApprove(ctx, byThemselves, limit)
  return asFound(steps, perStep, find, async (due) => {
    let approved = 0
    for (const { id, tenant_id, kind } of due) {
      const family = all.find((one) => one.kind === kind)
      if (!family) continue
      const ofTenant = systemContext(ctx.env, 'system:auto-approve', ctx.now, tenant_id)
      const ballot = { vote: 'approve', comment: null, ifMatch: null } as const
      const decision = family.decision(ofTenant, id, ballot)
      if (await approveByClock({ ...ofTenant, db: ctx.db }, id, decision)) approved += 1
      ctx.decidedFor.add(tenant_id)
    }
    return approved
  })
}
