import { systemContext, type Actor } from '../context.ts'
import { noCost, type Cost } from '../db/open-db.ts'
import { logLine } from '../log-line.ts'
import { Refusal } from '../refusal.ts'
import { hasEnded } from './decision.ts'
import { selectNews, type DecisionRow } from './decision.store.ts'
import { isKnownTo } from './known-to.ts'

/** How long a wait is at the most. */
const longestMs = 50_000

/** How often the history is looked at while somebody waits, whether or not somebody said that it has moved on. */
const everyMs = 5_000

/**
 * How long those who write may keep silent after they were told that nobody waits. So once somebody does, the history
 * is looked at again after this time.
 */
export const unpokedMs = 1_000

/** How long after a reading that failed the next one comes. */
const againMs = 1_000

/** How many may wait in a tenant at once. */
const most = 10_000

/** Who waits, for what, and how long at the most, in milliseconds. */
export interface Wait {
  actor: Actor
  id: string
  ms: number
}

interface Waiter {
  actor: Actor
  /** How many readings had begun when it came. */
  since: number
  /** Null: there is no such approval for this actor. */
  tell: (row: DecisionRow | null) => void
  fail: (error: unknown) => void
}

/** An approval that somebody waits for; `row` as it was last read, undefined before that. */
interface Watched {
  row?: DecisionRow
  waiters: Set<Waiter>
}

/**
 * Those who wait for decisions in a tenant, in the memory of its object. It follows the tenant's history once for all
 * of them. What it knows it forgets with the last who wants it.
 */
export class Watch {
  private readonly all = new Map<string, Watched>()
  private tenantId = ''
  /** Where the history was at the last reading. */
  private seq = 0
  private begun = 0
  private ended = 0
  private lastAt = 0
  private current: Promise<void> | undefined
  private next: Promise<void> | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  /** From when on whoever writes is sure to know that somebody waits. */
  private pokedFrom = 0
  private session: string | null = null
  private waiting = 0
  private waited = 0
  private readonly cost = noCost()
  /** The account as it was when the first of those came who wait now. */
  private before = this.account

  constructor(private readonly env: Env) {}

  /** Where the last reading has got to: see `Db.bookmark`. */
  get bookmark(): string | null {
    return this.session
  }

  /** How many wait, how many have waited so far, and what that has cost the database. */
  get account(): { waiting: number; waited: number } & Cost {
    return { waiting: this.waiting, waited: this.waited, ...this.cost }
  }

  /**
   * The decision as soon as there is one, else what there is when the time is over; null where there is no such
   * approval for this actor.
   *
   * @throws Refusal `rate_limited`; whatever the database has said
   */
  async wait(wait: Wait): Promise<DecisionRow | null> {
    if (this.waiting >= most)
      throw new Refusal('rate_limited', `${most} calls are already waiting for decisions in this tenant.`)
    this.tenantId = wait.actor.tenantId
    const known = this.all.get(wait.id)
    if (this.waiting === 0) {
      this.before = this.account
      this.pokedFrom = Date.now() + unpokedMs
    }
    this.waiting += 1
    this.waited += 1
    try {
      // As late as somebody is told who asks for nothing.
      if (known?.row && !isKnownTo(wait.actor, known.row)) return await this.look().then(() => null)
      return await this.join(wait, known)
    } finally {
      this.waiting -= 1
      if (this.waiting === 0) this.rest()
    }
  }

  /** Looks at the history now, if anybody waits. @returns whether somebody does */
  poke(): boolean {
    if (this.waiting > 0) void this.look()
    return this.waiting > 0
  }

  private async join(wait: Wait, known: Watched | undefined): Promise<DecisionRow | null> {
    const watched = known ?? { waiters: new Set() }
    let timer: ReturnType<typeof setTimeout> | undefined
    let waiter: Waiter | undefined
    try {
      return await new Promise<DecisionRow | null>((tell, fail) => {
        const one: Waiter = { actor: wait.actor, since: this.begun, tell, fail }
        waiter = one
        watched.waiters.add(one)
        timer = setTimeout(() => void this.timeIsOver(watched, one), Math.min(wait.ms, longestMs))
        if (known) return
        this.all.set(wait.id, watched)
        void this.look()
      })
    } finally {
      clearTimeout(timer)
      watched.waiters.delete(waiter!)
      if (watched.waiters.size === 0 && this.all.get(wait.id) === watched) this.all.delete(wait.id)
    }
  }

  /** Says that it is still pending, which must have been so since the waiter came. */
  private async timeIsOver(watched: Watched, waiter: Waiter): Promise<void> {
    if (this.ended <= waiter.since) await this.look()
    if (watched.row && this.ended > waiter.since) waiter.tell(watched.row)
    else waiter.fail(new Error('The history could not be read.'))
  }

  /** One reading for all who ask for it before it begins. Never fails. */
  private look(): Promise<void> {
    this.next ??= (this.current ?? Promise.resolve()).then(() => {
      this.next = undefined
      this.current = this.read()
      return this.current
    })
    return this.next
  }

  private async read(): Promise<void> {
    clearTimeout(this.timer)
    this.begun += 1
    const reading = this.begun
    this.lastAt = Date.now()
    const asked = [...this.all].filter(([, { row }]) => !row).map(([id]) => id)
    const known = [...this.all].filter(([, { row }]) => row).map(([id]) => id)
    const ctx = systemContext(this.env, 'system:decision-watch', this.lastAt, this.tenantId)
    try {
      const news = await ctx.db.run(selectNews(ctx, { asked, known, since: this.seq }))
      this.seq = news[0]?.seq ?? 0
      this.session = ctx.db.bookmark()
      this.ended = reading
      const moved = new Map(news.flatMap((row) => (row.id === null ? [] : [[row.id, row] as const])))
      this.tell(asked, moved)
      this.readAgainAt(this.lastAt + everyMs)
    } catch (error) {
      console.error({
        message: 'decisions could not be read; they will be',
        tenant: this.tenantId,
        error: String(error),
      })
      for (const id of asked) for (const { fail } of this.all.get(id)?.waiters ?? []) fail(error)
      this.readAgainAt(Date.now() + againMs, false)
    } finally {
      this.cost.queries += ctx.db.cost.queries
      this.cost.rowsRead += ctx.db.cost.rowsRead
      this.cost.ms += ctx.db.cost.ms
    }
  }

  /** Tells those who have asked, and all whose approval has ended. */
  private tell(asked: readonly string[], moved: ReadonlyMap<string, DecisionRow>): void {
    const now = Date.now()
    for (const id of asked) {
      if (moved.has(id)) continue
      for (const { tell } of this.all.get(id)?.waiters ?? []) tell(null)
    }
    for (const [id, watched] of this.all) {
      const row = moved.get(id)
      if (row) watched.row = row
      if (!watched.row) continue
      const isOver = hasEnded(watched.row, now)
      if (!row && !isOver) continue
      if (isOver) this.all.delete(id)
      for (const { actor, tell } of watched.waiters) {
        if (!isKnownTo(actor, watched.row)) tell(null)
        else if (isOver) tell(watched.row)
      }
    }
  }

  /** @param clocked whether to read earlier where the clock ends an approval earlier */
  private readAgainAt(at: number, clocked = true): void {
    if (this.waiting === 0) return
    let next = this.lastAt < this.pokedFrom ? Math.min(at, this.pokedFrom) : at
    for (const { row } of this.all.values()) {
      if (clocked && row?.due_at && row.on_due !== 'approve') next = Math.min(next, row.due_at)
    }
    this.timer = setTimeout(() => void this.look(), Math.max(1, next - Date.now()))
  }

  /** Nobody waits: nothing is read any more, and what waiting has cost is logged. */
  private rest(): void {
    clearTimeout(this.timer)
    if (this.env.LOG_REQUESTS === 'off') return
    const { waited, queries, rowsRead, ms } = this.before
    const { cost } = this
    const db = { queries: cost.queries - queries, rows_read: cost.rowsRead - rowsRead, ms: cost.ms - ms }
    logLine({ message: 'waited for decisions', tenant: this.tenantId, waits: this.waited - waited, db })
  }
}
