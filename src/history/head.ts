import { directory, type Ctx } from '../context.ts'
import { openDb } from '../db/open-db.ts'
import { Refusal } from '../refusal.ts'
import { keyOf, verifierKey, type Kept } from './checkpoint.ts'
import { asSealed, originOf } from './seal.ts'
import { selectSeal, selectTiles, type Seal } from './seals.store.ts'
import { publicKeys, type PublicKey } from './signing-key.ts'
import { Tiles } from './tiles.ts'

/** How far the tenant's history is sealed, by what the database says and by what is kept outside of it. */
export interface KnownHead {
  stored: Seal
  kept: Kept | null
  /** The newest checkpoint, wherever it is. */
  newest: Kept
  /** All that have ever signed, the present one first. */
  keys: PublicKey[]
}

/** The newest checkpoint, with when it was made and the key to verify it with. */
export interface Checkpoint extends Kept {
  sealedAt: number
  verifierKey: string
}

/**
 * The newest checkpoint.
 *
 * @throws Refusal `not_sealed`, `signing_unavailable`, or `history_forked` where the database was set back or changed
 */
export async function getCheckpoint(ctx: Ctx): Promise<Checkpoint> {
  const { stored, kept, newest, keys } = await knownHead(ctx)
  const primary = atPrimary(ctx)
  await asSealed(primary, new Tiles(await primary.db.run(selectTiles(primary, stored.size))), stored, kept)
  const signedBy = keyOf(newest, keys) ?? keys[0]!
  return { ...newest, sealedAt: stored.sealed_at ?? 0, verifierKey: verifierKey(newest.origin, signedBy) }
}

/** @throws Refusal `not_sealed`, `signing_unavailable` */
export async function knownHead(ctx: Ctx): Promise<KnownHead> {
  const keys = publicKeys(ctx.env)
  const { tenantId } = ctx.actor
  const primary = atPrimary(ctx)
  const before = await storedSeal(primary)
  const origin = originOf(tenantId, before)
  const kept = await ctx.env.HISTORY_SEALER.getByName(tenantId).kept(origin)
  const stored = kept && kept.size > before.size ? await storedSeal(primary) : before
  const own: Kept = { origin, size: stored.size, root: stored.root ?? '', checkpoint: stored.checkpoint ?? '' }
  const newest = kept && kept.size >= stored.size ? kept : own
  if (newest.size === 0) throw new Refusal('not_sealed', 'Nothing of this history is sealed yet.')
  return { stored, kept, newest, keys }
}

/** A replica that is behind would look as if it had been set back. */
function atPrimary(ctx: Ctx): Ctx {
  return { ...ctx, db: openDb(directory(ctx.env, ctx.actor.tenantId), 'first-primary', ctx.db.cost) }
}

async function storedSeal(ctx: Ctx): Promise<Seal> {
  const [seal] = await ctx.db.run(selectSeal(ctx))
  if (!seal) throw new Refusal('not_found', `There is no tenant ${ctx.actor.tenantId}.`)
  return seal
}
