import { DurableObject } from 'cloudflare:workers'
import { Watch, type Wait } from '../any-approval/watch.ts'
import type { DecisionRow } from '../any-approval/decision.store.ts'
import { Refusal, type RefusalValue } from '../refusal.ts'

/** What there is as of `now` (milliseconds), or null if there is no such approval; or why the wait was refused. */
export type WaitReply = { row: DecisionRow | null; now: number; bookmark: string | null } | { refused: RefusalValue }

/**
 * Where a tenant's callers wait for decisions, named by the tenant's id. It reads the tenant's history once for all of
 * them, and stores nothing.
 */
export class DecisionWatch extends DurableObject<Env> {
  private readonly watch = new Watch(this.env)

  /** Ends with the decision, or when the time is over: a caller who goes away is not noticed here. */
  async wait(wait: Wait): Promise<WaitReply> {
    try {
      const row = await this.watch.wait(wait)
      return { row, now: Date.now(), bookmark: this.watch.bookmark }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { refused: error.toValue() }
    }
  }

  /** The tenant's history has moved on. @returns whether somebody waits */
  async poke(): Promise<boolean> {
    return this.watch.poke()
  }

  /** What waiting has cost since the object has started. */
  async account(): Promise<Watch['account']> {
    return this.watch.account
  }
}
