import { DurableObject } from 'cloudflare:workers'
import { pokeWatch } from '../any-approval/poke-watch.ts'
import { createContext, systemContext, type Actor } from '../context.ts'
import type { Cost } from '../db/open-db.ts'
import { minute } from '../durations.ts'
import { Refusal, type RefusalValue } from '../refusal.ts'
import { announce } from '../webhooks/announce.ts'
import { advanceBatch, stepSize } from '../claims/advance-batch.ts'
import type { Batch } from '../claims/batches.store.ts'
import { cancelBatch } from '../claims/cancel-batch.ts'
import { Followers } from '../claims/followers.ts'

/** A cancellation, with what a context is made of: contexts themselves do not cross into a Durable Object. */
export interface CancelCall {
  actor: Actor
  batchId: string
  ifMatch: readonly string[] | null
  requestId: string
}

/** What became of it. Errors of ours do not survive the way back, so a refusal travels as a value. */
export type CancelReply = { cost: Cost; bookmark: string | null } & ({ batch: Batch } | { refused: RefusalValue })

/** The stream of a follower, or why there is none. */
export type FollowReply = { stream: ReadableStream<Uint8Array> } | { refused: RefusalValue }

const longestPauseMs = minute

/**
 * The only one that moves a batch: a clock and a lock over what D1 holds, named by the batch's id. Its storage has
 * that, the tenant's id and an alarm, nothing that could be lost.
 */
export class BatchRunner extends DurableObject<Env> {
  private failures = 0
  private readonly followers = new Followers(this.env, (work) => this.ctx.waitUntil(work))

  /** Looks at the batch at `at` (milliseconds), or earlier if that was asked for before. */
  async wake(tenantId: string, batchId: string, at: number): Promise<void> {
    await this.ctx.storage.put({ tenant_id: tenantId, batch_id: batchId })
    const alarm = await this.ctx.storage.getAlarm()
    const next = Math.max(at, Date.now() + 1)
    if (alarm === null || alarm > next) await this.ctx.storage.setAlarm(next)
  }

  /** One step of the batch. Never throws: an alarm that does is dropped by the platform after a few tries. */
  override async alarm(): Promise<void> {
    const batchId = await this.ctx.storage.get<string>('batch_id')
    const tenantId = await this.ctx.storage.get<string>('tenant_id')
    if (batchId === undefined || tenantId === undefined) return
    const ctx = systemContext(this.env, 'system:batch-runner', Date.now(), tenantId)
    try {
      const batch = await advanceBatch(ctx, batchId, Math.max(1, stepSize >> this.failures))
      this.failures = 0
      await this.rest(batch)
      if (batch) {
        this.followers.tell(batch)
        this.ctx.waitUntil(Promise.all([pokeWatch(ctx, batch.tenant_id), announce(ctx, batch.tenant_id)]))
      }
    } catch (error) {
      this.failures += 1
      console.error({
        message: 'a step of a batch failed; it will be tried again',
        batch_id: batchId,
        failures: this.failures,
        error: String(error),
      })
      await this.ctx.storage.setAlarm(Date.now() + Math.min(longestPauseMs, 500 * 2 ** this.failures))
    }
  }

  /** Cancels the batch on behalf of a caller, and stops. */
  async cancel(call: CancelCall): Promise<CancelReply> {
    const ctx = createContext(this.env, call)
    try {
      const batch = await cancelBatch(ctx, call.batchId, call.ifMatch)
      await this.rest(batch)
      this.followers.tell(batch)
      return { batch, cost: ctx.db.cost, bookmark: ctx.db.bookmark() }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { refused: error.toValue(), cost: ctx.db.cost, bookmark: ctx.db.bookmark() }
    }
  }

  /** Server-sent events of the batch for the holder of a key. The caller has checked who may see it. */
  async follow(tenantId: string, batchId: string, keyId: string, goodUntil: number | null): Promise<FollowReply> {
    try {
      return { stream: await this.followers.admit(tenantId, batchId, keyId, goodUntil) }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { refused: error.toValue() }
    }
  }

  /** Runs the heartbeat of the followers ahead of time. */
  async lookAfterFollowers(): Promise<void> {
    await this.followers.look()
  }

  private async rest(batch: Batch | undefined): Promise<void> {
    if (batch?.status === 'processing') await this.ctx.storage.setAlarm(Date.now() + 1)
    else if (batch?.status === 'pending')
      await this.ctx.storage.setAlarm(Math.max(batch.process_at ?? 0, Date.now() + 1))
    else await this.ctx.storage.deleteAll()
  }
}
