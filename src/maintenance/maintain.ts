import { pokeWatch } from '../any-approval/poke-watch.ts'
import { expireDue, rejectDue } from '../approvals/decide-due.ts'
import { systemContext, type Ctx } from '../context.ts'
import { purgeSessions } from '../desk/sessions.ts'
import { families } from '../families.ts'
import { sealDue } from '../history/seal-due.ts'
import { logLine } from '../log-line.ts'
import { approveByPolicy } from './approve-by-policy.ts'
import { decidingDue } from './deciding-due.ts'
import { purgeKeys } from '../idempotency/purge.ts'
import { recheckPolicies } from '../policies/recheck-policies.ts'
import { purgeWebhooks, relayWebhooks } from '../webhooks/relay.ts'

/** How many watches one job wakes: the platform bounds what one run may call. The others look by themselves. */
const mostTold = 200

/** The upkeep of each minute. A job that fails is logged and holds no other up; the next minute tries it again. */
const jobs: Record<string, (ctx: Ctx) => Promise<number>> = {
  approve_by_policy: approveByPolicy,
  expire_approvals: expireDue,
  reject_approvals: (ctx) => rejectDue(ctx, { otherThan: decidingDue }),
  ...Object.assign({}, ...families.map((family) => family.jobs)),
  recheck_policies: recheckPolicies,
  purge_idempotency_keys: purgeKeys,
  purge_sessions: purgeSessions,
  purge_webhooks: purgeWebhooks,
  relay_webhooks: relayWebhooks,
  seal_history: sealDue,
}

/**
 * Runs every job once. Safe to run late, twice or at once with itself: each takes a bounded chunk of what is due.
 *
 * @param scheduledTime when this run was due, in milliseconds; what is due is judged by the clock, not by this
 */
export async function maintain(env: Env, scheduledTime: number): Promise<void> {
  const ctx = systemContext(env, 'system:maintenance', Date.now())
  const done: Record<string, number | string> = {}
  for (const [name, job] of Object.entries(jobs)) {
    try {
      done[name] = await job(ctx)
      await tellWaiting(ctx)
    } catch (error) {
      done[name] = String(error)
      console.error({ message: 'a maintenance job failed', job: name, error: String(error) })
    }
  }
  if (env.LOG_REQUESTS === 'off') return
  const { queries, rowsRead, rowsWritten, ms } = ctx.db.cost
  logLine({
    message: 'maintenance',
    due: new Date(scheduledTime).toISOString(),
    done,
    db: { queries, rows_read: rowsRead, rows_written: rowsWritten, ms },
  })
}

/** Tells those who wait for what a job has decided. */
async function tellWaiting(ctx: Ctx): Promise<void> {
  const tenants = [...ctx.decidedFor].slice(0, mostTold)
  ctx.decidedFor.clear()
  await Promise.all(tenants.map((tenantId) => pokeWatch(ctx, tenantId)))
}
