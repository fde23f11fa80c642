import { standard } from '../../src/standard/standard.ts'

export const purchaseKind = standard({
  kind: 'purchase',
  plural: 'purchases',
  approvalId: 'pur',
  approverRoles: ['coordinator'],
})
