import { goodKeys } from '../access/good-keys.ts'
import { systemContext } from '../context.ts'
import { minute } from '../durations.ts'
import { Refusal } from '../refusal.ts'
import { selectBatch, type Batch } from './batches.store.ts'
import { Follower } from './follower.ts'
import { insertFollower, removeFollowers, removeGone } from './followers.store.ts'

/** How many streams a batch may have, and an API key over all batches. */
const mostPerBatch = 100
const mostPerKey = 10

/** How long a stream lasts at most; its reader connects again. */
const longestMs = 15 * minute

/** How often an idle stream sends a heartbeat, and its key is checked again. */
const heartbeatMs = 15_000

/** Those who follow a batch live, in the memory of its runner. None of them outlives its key. */
export class Followers {
  private readonly all = new Set<Follower>()
  private leaving: string[] = []
  private isTending = false
  private tenantId = ''

  constructor(
    private readonly env: Env,
    private readonly waitUntil: (work: Promise<unknown>) => void,
  ) {}

  /**
   * Opens a stream, which tells where the batch is now, each step, and its end. The caller has checked who may see the
   * batch.
   *
   * @param goodUntil when a token ends that stands for the key
   * @throws Refusal `rate_limited` where the key or the batch has as many streams as it may have, `unauthorized`
   */
  async admit(
    tenantId: string,
    batchId: string,
    keyId: string,
    goodUntil: number | null,
  ): Promise<ReadableStream<Uint8Array>> {
    if (this.all.size >= mostPerBatch) {
      throw new Refusal('rate_limited', `The batch ${batchId} already has ${mostPerBatch} streams open.`)
    }
    this.tenantId = tenantId
    const ctx = this.context()
    const follower = new Follower(keyId, (one) => this.forget(one))
    this.all.add(follower) // before anything is awaited, so that nothing happens unseen
    try {
      const until = (await goodKeys(ctx, [keyId])).get(keyId)
      if (until === undefined) throw new Refusal('unauthorized', 'The API key is expired or revoked.')
      const endsAt = Math.min(ctx.now + longestMs, until, goodUntil ?? Infinity)
      const row = { id: follower.id, batch_id: batchId, key_id: keyId, ends_at: endsAt }
      const live = Array.from(this.all, ({ id }) => id)
      const {
        added,
        batch: [batch],
      } = await ctx.db.batch({
        gone: removeGone(ctx, row, live),
        added: insertFollower(ctx, row, mostPerKey),
        batch: selectBatch(ctx, batchId),
      })
      if (added.length === 0) {
        throw new Refusal('rate_limited', `This key already has ${mostPerKey} streams open; close one first.`)
      }
      if (!this.all.has(follower)) this.remove(follower.id) // the batch ended meanwhile
      follower.endAt(endsAt)
      if (batch) follower.tell(batch)
      this.waitUntil(this.tend())
      return follower.stream
    } catch (error) {
      this.all.delete(follower)
      follower.end()
      throw error
    }
  }

  /** Tells all of them where the batch is. Waits for nobody: a slow reader must not hold up the batch. */
  tell(batch: Batch): void {
    for (const follower of this.all) follower.tell(batch)
  }

  /** The heartbeat of all of them: ends those whose key is no longer valid, and those that nobody reads. */
  async look(): Promise<void> {
    const keys = new Set(Array.from(this.all, ({ keyId }) => keyId))
    const good = await goodKeys(this.context(), [...keys]).catch(logged('the keys of followers could not be read'))
    for (const follower of this.all) {
      if (good && !good.has(follower.keyId)) follower.end()
      else follower.beat()
    }
  }

  private async tend(): Promise<void> {
    if (this.isTending) return
    this.isTending = true
    try {
      while (this.all.size > 0) {
        await new Promise((resolve) => setTimeout(resolve, heartbeatMs))
        if (this.all.size > 0) await this.look()
      }
    } finally {
      this.isTending = false
    }
  }

  private forget(follower: Follower): void {
    if (this.all.delete(follower)) this.remove(follower.id)
  }

  private remove(id: string): void {
    this.leaving.push(id)
    if (this.leaving.length === 1) this.waitUntil(this.sweep())
  }

  /** Streams that end together are removed together. A row that is left behind counts until its time is over. */
  private async sweep(): Promise<void> {
    await Promise.resolve()
    const ids = this.leaving.splice(0)
    const ctx = this.context()
    await ctx.db.run(removeFollowers(ctx, ids)).catch(logged('followers could not be removed'))
  }

  private context() {
    return systemContext(this.env, 'system:batch-runner', Date.now(), this.tenantId)
  }
}

function logged(message: string) {
  return (error: unknown) => console.error({ message, error: String(error) })
}
