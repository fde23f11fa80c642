import { standard } from '../standard/standard.ts'

/** Requests, as the core knows them, and who may decide one. */
export const requestKind = standard({
  kind: 'request',
  plural: 'requests',
  approvalId: 'req',
  approverRoles: ['reviewer', 'coordinator', 'admin'],
})
