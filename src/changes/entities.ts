import type { Ctx } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { newId } from '../ids.ts'
import { Refusal } from '../refusal.ts'
import {
  selectEntities,
  selectEntity,
  selectVersions,
  writeEntity,
  type Entity,
  type EntityKey,
  type EntityVersion,
  type Expected,
} from './entities.store.ts'

/** What is stored under an address. @throws Refusal `entity_not_found` */
export async function getEntity(ctx: Ctx, key: EntityKey): Promise<Entity> {
  const [entity] = await ctx.db.run(selectEntity(ctx, key))
  if (!entity) throw noSuchEntity(key)
  return entity
}

/** The entities of a type, last changed first. */
export async function listEntities(ctx: Ctx, entityType: string, page: PageRequest): Promise<Page<Entity>> {
  const rows = await ctx.db.run(selectEntities(ctx, entityType, page))
  return pageOf(rows, page, 0, ({ updated_at, entity_id }) => ({ created_at: updated_at, id: entity_id }), 'data')
}

/** Last first. @throws Refusal `entity_not_found` where there never was one */
export async function listVersions(ctx: Ctx, key: EntityKey, page: PageRequest): Promise<Page<EntityVersion>> {
  const rows = await ctx.db.run(selectVersions(ctx, key, page))
  if (rows.length === 0 && !page.after) throw noSuchEntity(key)
  return pageOf(rows, page, 0, ({ version }) => ({ created_at: version, id: '' }), 'data')
}

/**
 * Stores an entity without a request, for a first load or an import. Storing the same again makes no new version.
 *
 * @param data JSON text
 * @throws Refusal `precondition_failed`
 */
export async function setEntity(
  ctx: Ctx,
  entity: EntityKey & { entity_name: string; data: string },
  expected: Expected,
): Promise<Entity> {
  const writeId = newId('wrt')
  const {
    version: [made],
    stored: [stored],
  } = await ctx.db.batch({ ...writeEntity(ctx, entity, expected, writeId), stored: selectEntity(ctx, entity) })
  const { versions, isNew } = expected
  const isMet = !isNew && (!versions || versions === '*' || versions.includes(String(stored?.version)))
  if (stored && (made || isMet)) return stored
  const etag = stored ? `"${stored.version}"` : null
  const where = etag ? `is now at ${etag}` : 'does not exist'
  throw new Refusal('precondition_failed', `${entity.entity_type} ${entity.entity_id} ${where}.`, { etag })
}

function noSuchEntity({ entity_type, entity_id }: EntityKey): Refusal {
  return new Refusal('entity_not_found', `${entity_type} ${entity_id} does not exist.`)
}
