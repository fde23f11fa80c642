import { sql } from '../../../src/db/sql.ts'
import { markOn } from '../../../src/approvals/mark.store.ts'
import * as change from '../../../src/changes/changes.store.ts'
import * as entity from '../../../src/changes/entities.store.ts'
import { ctx, firstPage, gives, holds, laterPage, returns, type Samples } from './sample.ts'

const mark = markOn('a', 'd')
const key = { entity_type: 'project', entity_id: 'e' }
const facts = { ...key, id: 'a', entity_name: 'E', action: 'create', payload: '{}' } as const
const narrowings = [
  { entityId: 'e', entityType: 'project' },
  { requesterId: 'usr_y', entityType: 'project' },
  { entityType: 'project' },
  {},
]
const filters = narrowings.flatMap((filter) => [filter, { ...filter, status: 'pending' as const }])
const asked = 'id entity_type entity_id entity_name action payload requester_name requester_id'
const state =
  'status digest created_at decided_by decided_at comment approval_version policy_version_id votes_needed votes_for'
const entityColumns = 'entity_type entity_id entity_name version updated_at updated_by approval_id data'
const versionColumns =
  'entity_type entity_id version action entity_name requested_by approved_by approval_id created_at data'

const writes = [{ versions: '*' as const }, { versions: ['1'] }, { isNew: true }, {}].map((expected, at) =>
  entity.writeEntity(ctx, { ...key, entity_name: 'E', data: '{}' }, expected, `w${at}`),
)

/** What the stores of changes and entities build. */
export const samples: Samples = {
  'changes/changes.store.ts': {
    isThere: [holds(change.isThere(ctx, facts)), holds(change.isThere(ctx, { ...facts, action: 'update' }))],
    insertChange: change.insertChange(ctx, facts, true),
    fits: [holds(change.fits('approve', null), 'approvals'), holds(change.fits('reject', ['1-1']), 'approvals')],
    applyChange: change.applyChange(ctx, mark),
    selectChange: returns(
      change.selectChange(ctx, 'a'),
      asked,
      state,
      'applies base_version latest version preview made_version decider_name',
    ),
    selectChanges: filters.flatMap((filter) => [
      returns(change.selectChanges(ctx, filter, firstPage), asked, state),
      returns(change.selectChanges(ctx, filter, laterPage), asked, state),
    ]),
    besideChange: gives(change.besideChange, 'approvals a'),
    changeFacts: {
      statement: { query: sql`SELECT f.approval_id FROM ${change.changeFacts} LIMIT 1` },
      columns: ['approval_id'],
    },
    factsOfChange: gives(change.factsOfChange, 'approvals a, changes f'),
    seenOfEntity: gives(change.seenOfEntity, 'approvals a'),
    shownOfChange: gives(change.shownOfChange, 'approvals a, changes f'),
  },
  'changes/entities.store.ts': {
    selectEntity: returns(entity.selectEntity(ctx, key), entityColumns),
    selectEntities: [firstPage, laterPage].map((page) =>
      returns(entity.selectEntities(ctx, 'project', page), entityColumns),
    ),
    selectVersions: [firstPage, laterPage].map((page) =>
      returns(entity.selectVersions(ctx, key, page), versionColumns),
    ),
    writeEntity: writes.map(({ version, event }) => [returns(version, 'version'), event]),
  },
}
