import { hasEnded, progressEvents } from './batch-progress.ts'
import type { Batch } from './batches.store.ts'

/** How many messages may wait to be read before further ones are left out: each message tells the whole state. */
const mostWaiting = 16

const encoder = new TextEncoder()

/** One stream of server-sent events of a batch. */
export class Follower {
  readonly id = crypto.randomUUID()
  readonly stream: ReadableStream<Uint8Array>
  private controller!: ReadableStreamDefaultController<Uint8Array>
  private told = -1
  private unread = 0
  private hasLeft = false
  private timer: ReturnType<typeof setTimeout> | undefined

  /**
   * @param keyId the API key that opened it
   * @param onEnd called once, when it has ended or its reader went away
   */
  constructor(
    readonly keyId: string,
    private readonly onEnd: (follower: Follower) => void,
  ) {
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.controller = controller),
        cancel: () => void this.leave(),
      },
      { highWaterMark: mostWaiting },
    )
  }

  /**
   * Ends by itself at this time, in milliseconds. A stream that has ended keeps no timer, which would keep its runner
   * awake.
   */
  endAt(at: number): void {
    if (this.hasLeft) return
    this.timer = setTimeout(() => this.end(), Math.max(0, at - Date.now()))
  }

  /** Tells where the batch is, unless it has done so already, and ends when the batch does. */
  tell(batch: Batch): void {
    if (this.told > batch.processed_count) return
    this.told = batch.processed_count
    if (hasEnded(batch) || this.isReading()) {
      for (const { event, data } of progressEvents(batch)) this.write(`event: ${event}\ndata: ${data}\n\n`)
    }
    if (hasEnded(batch)) this.end()
  }

  /** Keeps the connection open; ends a stream that nobody has read from since the heartbeat before last. */
  beat(): void {
    this.unread = this.isReading() ? 0 : this.unread + 1
    if (this.unread > 1) this.end()
    else if (this.unread === 0) this.write(': still here\n\n')
  }

  /** Ends the stream. */
  end(): void {
    if (!this.leave()) return
    this.controller.close()
  }

  private isReading(): boolean {
    return (this.controller.desiredSize ?? 0) > 0
  }

  private leave(): boolean {
    if (this.hasLeft) return false
    this.hasLeft = true
    clearTimeout(this.timer)
    this.onEnd(this)
    return true
  }

  private write(text: string): void {
    if (!this.hasLeft) this.controller.enqueue(encoder.encode(text))
  }
}
