import { defineFamily } from '../approvals/family.ts'
import { changeRefusals } from './changes.refusals.ts'
import { changeRoutes } from './changes.routes.ts'
import { shownChange } from './changes.schemas.ts'
import { shownOfChange } from './changes.store.ts'
import { entityRoutes } from './entities.routes.ts'

/** Changes of stored entities, which an admin decides and which are applied when approved. */
export const changes = defineFamily({
  kind: 'change',
  idPrefixes: ['approval'],
  events: ['change.requested', 'change.approved', 'change.rejected', 'change.withdrawn'],
  refusals: changeRefusals,
  tags: {
    'Change approvals': 'Somebody proposes a change of a stored entity, an admin decides, and it is applied at once.',
    Entities: 'What is stored now, and every version of it.',
  },
  shows: { select: () => shownOfChange, members: shownChange },
  routes: [changeRoutes, entityRoutes],
  jobs: {},
})
