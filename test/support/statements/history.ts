import { sql } from '../../../src/db/sql.ts'
import * as unsealed from '../../../src/approvals/unsealed.store.ts'
import * as erase from '../../../src/approvals/erase.store.ts'
import { erase as eraseClaims } from '../../../src/claims/claims.erase.store.ts'
import { erase as eraseRequests } from '../../../src/standard/standard.erase.store.ts'
import * as events from '../../../src/history/events.store.ts'
import * as seals from '../../../src/history/seals.store.ts'
import { ctx, gives, returns, type Samples } from './sample.ts'

const told = 'seq id type resource_id actor_id at from_status to_status digest data salt data_hash erased_at vote'
const step = {
  id: 's',
  from: { size: 0, root: null },
  to: { size: 1, root: 'r', checkpoint: 'c' },
  tiles: [{ level: 0, place: 0, hashes: 'h' }],
}
const grown = seals.growTree(ctx, step)
const tile = 'level place hashes'

/** What the stores of the history build. */
export const samples: Samples = {
  'history/events.store.ts': {
    selectEvents: returns(events.selectEvents(ctx, 1, 2), told),
    selectSealable: returns(events.selectSealable(ctx, seals.sealedSize(ctx), 2), told),
    selectEvent: returns(events.selectEvent(ctx, sql`1`), told),
    selectExported: returns(events.selectExported(ctx, 1, 3, 2), told, 'standing stray erasure'),
  },
  'history/seals.store.ts': {
    selectSeal: returns(seals.selectSeal(ctx), 'created_at size root checkpoint sealed_at latest'),
    sealedSize: gives(seals.sealedSize(ctx)),
    placeOf: [gives(seals.placeOf(ctx, 'evt_1')), gives(seals.placeOf(ctx, '1'))],
    leafAt: gives(seals.leafAt(sql`1`)),
    selectTiles: [
      returns(seals.selectTiles(ctx, seals.sealedSize(ctx)), tile),
      returns(seals.selectTiles(ctx, 1, seals.leafAt(seals.placeOf(ctx, 'evt_1'))), tile),
    ],
    selectLeafTiles: returns(seals.selectLeafTiles(ctx, 0, 300), tile),
    growTree: [returns(grown.sealed, 'size'), grown.tiles, grown.places, grown.done],
  },
  'approvals/unsealed.store.ts': {
    toBeSealed: { query: unsealed.toBeSealed(ctx) },
    toBeSealedOf: { query: unsealed.toBeSealedOf(ctx, sql`SELECT 't' AS tenant_id`) },
    noteSealed: unsealed.noteSealed(ctx, sql`1`),
    selectUnsealed: returns(unsealed.selectUnsealed(ctx, 2), 'tenant_id'),
  },
  'approvals/erase.store.ts': {
    selectWhetherNamed: returns(erase.selectWhetherNamed(ctx, 'usr_y'), 'found'),
    selectErasable: returns(erase.selectErasable(ctx, 'usr_y', 0, 2), 'seq resource_id data salt'),
    eraseEvents: erase.eraseEvents(ctx, [{ seq: 1, data_hash: 'h', kept: '{}' }]),
    eraseComments: erase.eraseComments(ctx, 'usr_y', ['a']),
  },
  'claims/claims.erase.store.ts': { erase: eraseClaims(ctx, 'usr_y') },
  'standard/standard.erase.store.ts': { erase: eraseRequests(ctx, 'usr_y') },
}
