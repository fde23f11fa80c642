import type { Ctx } from '../context.ts'
import type { Attempted } from './attempt-delivery.ts'
import { failPending, recordAttempts, type DueDelivery, type Lane } from './deliveries.store.ts'
import { disableGone, pause, selectForSender, type Endpoint } from './endpoints.store.ts'
import { wakeSender } from './wake-sender.ts'

/** How many attempts one transaction records, and how many wait for the next before the sender waits for it. */
const together = 100
/** How long an attempt waits for others, in milliseconds. */
const longestMs = 100
/** How many deliveries that wait for an endpoint which is gone are ended at once. */
const endedAtOnce = 1_000

/** An attempt, and of which delivery. */
export interface Outcome extends Attempted {
  delivery: DueDelivery
}

/**
 * Records the attempts of a step, some together, while the next ones are made: neither how far the database is away nor
 * how much a transaction costs sets the pace. What a kill leaves unrecorded, two transactions at the most, is attempted
 * again under the same ids.
 */
export class AttemptRecorder {
  private waiting: Outcome[] = []
  private beingRecorded: readonly Outcome[] = []
  private repeatAt = Infinity
  private current: Promise<void> | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private failure: { error: unknown } | undefined
  private changed = false

  constructor(
    private readonly ctx: Ctx,
    private readonly endpoint: Endpoint,
    private readonly lane: Lane,
  ) {}

  /** The ids of the deliveries whose attempts may not be recorded yet. */
  get unrecorded(): string[] {
    return [...this.beingRecorded, ...this.waiting].map(({ delivery }) => delivery.id)
  }

  /** Whether nothing more is to be sent: the endpoint is not as it was, or what has been sent cannot be recorded. */
  get mustStop(): boolean {
    return this.changed || this.failure !== undefined
  }

  /** Takes an attempt, and waits only where many are not recorded yet. */
  async add(outcome: Outcome): Promise<void> {
    this.waiting.push(outcome)
    this.go()
    if (this.waiting.length >= together) await this.current
  }

  /** All is recorded. @throws what the database has said */
  async end(): Promise<void> {
    while (this.waiting.length > 0 && !this.failure) await this.recordNow()
    await this.current
    clearTimeout(this.timer)
    if (this.failure) throw this.failure.error
  }

  /** Records what waits if that is enough, else in a while. */
  private go(): void {
    if (this.waiting.length >= together) void this.recordNow()
    else if (this.waiting.length > 0) this.timer ??= setTimeout(() => void this.recordNow(), longestMs)
  }

  /** One transaction at a time. Never fails: nobody may be waiting for it. */
  private recordNow(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    this.current ??= this.record(this.waiting.splice(0, together))
      .catch((error: unknown) => void (this.failure = { error }))
      .then(() => {
        this.current = undefined
        this.beingRecorded = []
        if (!this.failure) this.go()
      })
    return this.current
  }

  private async record(outcomes: readonly Outcome[]): Promise<void> {
    this.beingRecorded = outcomes
    const { endpoint } = this
    const ctx = { ...this.ctx, now: Date.now() }
    // Whatever says so is the last of its step.
    const { gone = false, pauseUntil = null } = outcomes.at(-1) ?? {}
    const {
      current: [current],
    } = await ctx.db.batch({
      current: selectForSender(ctx, endpoint.id),
      attempts: recordAttempts(ctx, outcomes),
      disabled: gone ? disableGone(ctx, endpoint) : undefined,
      ended: gone ? failPending(ctx, endpoint.id, endedAtOnce) : undefined,
      paused: pauseUntil === null ? undefined : pause(ctx, endpoint, pauseUntil),
    })
    this.changed ||= current?.version !== endpoint.version
    if (this.lane === 'first') await this.wakeForRepeats(outcomes)
  }

  /** The other lane goes on when the earliest of those that failed is to be repeated. */
  private async wakeForRepeats(outcomes: readonly Outcome[]): Promise<void> {
    const earliest = Math.min(...outcomes.map(({ nextAt }) => nextAt ?? Infinity))
    if (earliest >= this.repeatAt) return
    this.repeatAt = earliest
    await wakeSender(this.ctx, this.endpoint.tenant_id, this.endpoint.id, 'repeated', earliest)
  }
}
