import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { selectEvent } from './events.store.ts'
import { leafOf } from './leaf.ts'
import { consistencyPath, inclusionPath, leafHash, rootOf, type Hash } from './merkle.ts'
import { leafAt, placeOf, sealedSize, selectSeal, selectTiles } from './seals.store.ts'
import { Tiles } from './tiles.ts'
import { sealableOf } from './told.ts'

/** Shows that an event is in the history that a checkpoint speaks of. Hashes are base64. */
export interface Inclusion {
  index: number
  size: number
  root: string
  /** The leaf itself. */
  leaf: string
  path: string[]
}

/** Shows that an earlier checkpoint speaks of the beginning of a later one's history. Hashes are base64. */
export interface Consistency {
  from: { size: number; root: string }
  to: { size: number; root: string }
  path: string[]
}

/**
 * That an event is sealed, under the newest checkpoint.
 *
 * @param event its id, or its `seq`
 * @throws Refusal `not_found`, `not_sealed`, or `history_forked` where it is not as it was sealed
 */
export async function proveInclusion(ctx: Ctx, event: string): Promise<Inclusion> {
  const seq = placeOf(ctx, event)
  const {
    seal: [seal],
    row: [row],
    tiles,
  } = await ctx.db.batch({
    seal: selectSeal(ctx),
    row: selectEvent(ctx, seq),
    tiles: selectTiles(ctx, sealedSize(ctx), leafAt(seq)),
  })
  if (!seal || !row)
    throw new Refusal('not_found', `There is no sealed event ${event}; new events are sealed within a minute.`)
  if (row.seq > seal.size) throw new Refusal('not_sealed', `The event ${event} is not sealed yet.`)
  const tree = new Tiles(tiles)
  const index = row.seq - 1
  const leaf = leafOf(sealableOf(ctx.actor.tenantId, row))
  if (leafHash(leaf).toBase64() !== tree.hashOf(0, index).toBase64()) {
    throw new Refusal('history_forked', `The event ${event} is not as it was sealed.`)
  }
  const path = inclusionPath(tree, index, seal.size)
  return { index, size: seal.size, root: rootOf(tree, seal.size).toBase64(), leaf, path: path.map(inBase64) }
}

/**
 * That the first `from` events of the history are still those that they were, among the first `to`.
 *
 * @throws Refusal `not_sealed` where the history is shorter than `to`
 */
export async function proveConsistency(ctx: Ctx, from: number, to?: number): Promise<Consistency> {
  const until = to ?? sealedSize(ctx)
  const {
    seal: [seal],
    tiles,
  } = await ctx.db.batch({ seal: selectSeal(ctx), tiles: selectTiles(ctx, until, from - 1) })
  const size = seal?.size ?? 0
  const end = to ?? size
  if (Math.max(from, end) > size) throw new Refusal('not_sealed', `So far, ${size} events are sealed.`)
  const tree = new Tiles(tiles)
  return {
    from: { size: from, root: rootOf(tree, from).toBase64() },
    to: { size: end, root: rootOf(tree, end).toBase64() },
    path: consistencyPath(tree, from, end).map(inBase64),
  }
}

function inBase64(hash: Hash): string {
  return hash.toBase64()
}
