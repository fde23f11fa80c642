import { defineFamily } from '../approvals/family.ts'
import { changeRefusals } from './changes.refusals.ts'
import { changeKind, whatChanges } from './change-kind.ts'
import { changeRoutes } from './changes.routes.ts'
import { shownChange } from './changes.schemas.ts'
import { changeFacts, factsOfChange, seenOfEntity, shownOfChange } from './changes.store.ts'
import { entityRoutes } from './entities.routes.ts'
import { decisionOnChange, withdrawChange } from './resolve-change.ts'
import { changePage } from './changes.page.tsx'

/** Changes of stored entities, which an admin decides and which are applied when approved. */
export const changes = defineFamily({
  ...changeKind,
  approvalId: 'approval',
  idPrefixes: ['approval'],
  events: ['change.requested', 'change.approved', 'change.rejected', 'change.withdrawn', 'change.expired'],
  refusals: changeRefusals,
  introduction: {
    title: 'Changes',
    text:
      'Somebody proposes to create, update or delete a stored entity; an admin sees what would become of it, and ' +
      'decides. What is approved is applied at once, and every version is kept. An entity that has changed in ' +
      'the meantime is not overwritten unseen: that is 409 `stale`.',
    beginWith: ['requestChange'],
  },
  tags: {
    'Change approvals': 'Somebody proposes a change of a stored entity, an admin decides, and it is applied at once.',
    Entities: 'What is stored now, and every version of it.',
  },
  shows: { object: () => shownOfChange, members: shownChange },
  what: { from: changeFacts, object: factsOfChange, of: whatChanges },
  tag: () => seenOfEntity,
  decision: decisionOnChange,
  withdrawal: withdrawChange,
  isAskedByPeople: true,
  page: changePage,
  refusesDecision: ['entity_not_found', 'entity_exists', 'stale', 'entity_too_large', 'entity_not_object'],
  routes: [changeRoutes, entityRoutes],
  jobs: {},
})
