import { noteSealed } from '../approvals/unsealed.store.ts'
import type { Ctx } from '../context.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import { signCheckpoint, type Kept } from './checkpoint.ts'
import { selectSealable, type ToldEvent } from './events.store.ts'
import { leafOf } from './leaf.ts'
import { leafHash, rootOf } from './merkle.ts'
import { growTree, sealedSize, selectSeal, selectTiles, type Seal } from './seals.store.ts'
import { signerOf, type Signer } from './signing-key.ts'
import { Tiles } from './tiles.ts'
import { sealableOf } from './told.ts'

/** How many events one step seals, and how many steps one run takes. */
const perStep = 1_024
const stepsPerRun = 40

/** Where the newest checkpoint is kept, outside of the database. */
export interface Keeper {
  read(origin: string): Promise<Kept | null>
  write(kept: Kept): Promise<void>
}

/** Which log of checkpoints a tenant's is: never another, and never another tenant's. */
export function originOf(tenantId: string, { created_at }: Pick<Seal, 'created_at'>): string {
  return `countersign/${encodeURIComponent(tenantId)}/${created_at}`
}

/**
 * Seals what has happened in the context's tenant since it was last sealed, step by step: the new events become leaves
 * of its tree, and a checkpoint is signed. A step is one transaction, which only happens where no other came before, so
 * two runs at once, or one that was killed, leave nothing half or out of order.
 *
 * @returns whether there may be more
 * @throws Refusal `signing_unavailable`, or `history_forked` where what is stored is not what was sealed
 */
export async function sealHistory(ctx: Ctx, keeper: Keeper): Promise<boolean> {
  const signer = await signerOf(ctx.env)
  for (let step = 0; step < stepsPerRun; step += 1) {
    if ((await sealStep(ctx, keeper, signer)) < perStep) return false
  }
  return true
}

/** @returns how many events it has looked at */
async function sealStep(ctx: Ctx, keeper: Keeper, signer: Signer): Promise<number> {
  const size = sealedSize(ctx)
  const {
    seal: [seal],
    edge,
    events,
  } = await ctx.db.batch({
    seal: selectSeal(ctx),
    edge: selectTiles(ctx, size),
    events: selectSealable(ctx, size, perStep),
  })
  if (!seal) return 0
  const origin = originOf(ctx.actor.tenantId, seal)
  const tiles = new Tiles(edge)
  const kept = await keeper.read(origin)
  await asSealed(ctx, tiles, seal, kept)
  if ((kept?.size ?? 0) < seal.size) await keeper.write(headOf(origin, seal))
  if (events.length === 0) {
    await ctx.db.run(noteSealed(ctx, size))
    return 0
  }
  tiles.append(seal.size, leavesOf(ctx, seal.size, events))
  const next = seal.size + events.length
  const root = rootOf(tiles, next).toBase64()
  const checkpoint = await signCheckpoint({ origin, size: next, root }, signer)
  const { sealed } = await ctx.db.batch(
    growTree(ctx, {
      id: newId('stp'),
      from: { size: seal.size, root: seal.root },
      to: { size: next, root, checkpoint },
      tiles: tiles.changed,
    }),
  )
  if (sealed.length > 0) await keeper.write({ origin, size: next, root, checkpoint })
  return events.length < seal.latest - seal.size ? perStep : events.length
}

function headOf(origin: string, { size, root, checkpoint }: Seal): Kept {
  return { origin, size, root: root ?? '', checkpoint: checkpoint ?? '' }
}

function leavesOf({ actor }: Ctx, size: number, events: readonly ToldEvent[]) {
  return events.map((event, index) => {
    if (event.seq !== size + index + 1) throw forked(`event ${size + index + 1} is missing`)
    return leafHash(leafOf(sealableOf(actor.tenantId, event)))
  })
}

/**
 * Whether the tree that is stored has the root that it is said to have, and is the one that was sealed before, or what
 * has become of that.
 *
 * @throws Refusal `history_forked`
 */
export async function asSealed(ctx: Ctx, tiles: Tiles, seal: Seal, kept: Kept | null): Promise<void> {
  if (kept && kept.size > seal.size) throw setBack(seal, kept)
  if (seal.size > 0 && !seal.checkpoint?.startsWith(`${originOf(ctx.actor.tenantId, seal)}\n`)) {
    throw forked('its checkpoint is that of another log', kept)
  }
  if (seal.size > 0 && rootOfStored(tiles, seal.size) !== seal.root) throw forked('its tree was changed', kept)
  if (!kept || kept.size === 0) return
  // Where a run was killed before it could tell the keeper, that is behind.
  const earlier =
    kept.size === seal.size ? tiles : new Tiles(await ctx.db.run(selectTiles(ctx, kept.size, kept.size - 1)))
  if (rootOfStored(earlier, kept.size) !== kept.root) {
    throw forked(`its first ${kept.size} events are not those that were sealed`, kept)
  }
}

function rootOfStored(tiles: Tiles, size: number): string | null {
  try {
    return rootOf(tiles, size).toBase64()
  } catch {
    return null
  }
}

/** The history ends before what was sealed. */
function setBack(seal: Pick<Seal, 'size'>, kept: Kept): Refusal {
  return forked(`it was sealed up to event ${kept.size}, and the database is at ${seal.size}: it was set back`, kept)
}

function forked(what: string, kept: Kept | null = null): Refusal {
  return new Refusal('history_forked', `The stored history is not the one that was sealed: ${what}.`, {
    ...(kept && { checkpoint: kept.checkpoint }),
  })
}
