import { expireDue } from '../approvals/decide-due.ts'
import { pokeBatches } from '../claims/poke-batches.ts'
import { systemContext } from '../context.ts'
import { logLine } from '../log-line.ts'
import { endOverdueEntries } from '../intents/outbox.ts'
import { purgeKeys } from '../idempotency/purge.ts'
import { approveDueResults } from '../structuring/approve-due-results.ts'
import { purgeWebhooks, relayWebhooks } from '../webhooks/relay.ts'

/** The upkeep of each minute. A job that fails is logged and holds no other up; the next minute tries it again. */
const jobs = {
  expire_approvals: expireDue,
  approve_due_results: approveDueResults,
  poke_batches: pokeBatches,
  end_overdue_outbox_entries: endOverdueEntries,
  purge_idempotency_keys: purgeKeys,
  purge_webhooks: purgeWebhooks,
  relay_webhooks: relayWebhooks,
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
