import { createContext, type Ctx } from '../context.ts'
import { selectExported } from './events.store.ts'
import { knownHead } from './head.ts'
import { selectLeafTiles } from './seals.store.ts'
import { perTile, readHashes, type Tile } from './tiles.ts'
import { exportedLine } from './told.ts'

/** How many events are read at a time. */
const perPage = 2_048

/**
 * The sealed history as lines (NDJSON): an event each, then the checkpoint and the keys to verify it with. It is read
 * as it is taken.
 *
 * @throws Refusal `not_sealed`, `signing_unavailable`
 */
export async function exportHistory(ctx: Ctx): Promise<ReadableStream<Uint8Array>> {
  const { newest, keys } = await knownHead(ctx)
  const { checkpoint, size } = newest
  const lines = linesOf(createContext(ctx.env, { actor: ctx.actor, requestId: ctx.requestId }), size)
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await lines.next()
        const text = done ? `${JSON.stringify({ checkpoint, keys })}\n` : value
        controller.enqueue(encoder.encode(text))
        if (done) controller.close()
      } catch (error) {
        console.error({ message: 'an export broke off', request_id: ctx.requestId, error: String(error) })
        controller.error(error)
      }
    },
  })
}

/** A page of lines at a time. What is missing in the database is missing here. */
async function* linesOf(ctx: Ctx, size: number): AsyncGenerator<string, void> {
  const { tenantId } = ctx.actor
  for (let after = 0; after < size;) {
    const { events, tiles } = await ctx.db.batch({
      events: selectExported(ctx, after, size, perPage),
      tiles: selectLeafTiles(ctx, after, after + perPage),
    })
    const last = events.at(-1)
    if (!last) return
    const leafHash = hashesOf(tiles)
    yield events.map((event) => `${exportedLine(tenantId, event, leafHash(event.seq - 1))}\n`).join('')
    after = last.seq
  }
}

/** The hash of each leaf, in base64; none where the tree has none. */
function hashesOf(tiles: readonly Tile[]): (index: number) => string | null {
  const read = new Map(tiles.map(({ place, hashes }) => [place, readHashes(hashes)]))
  return (index) => read.get(Math.floor(index / perTile))?.[index % perTile]?.toBase64() ?? null
}
