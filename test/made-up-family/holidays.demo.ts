import { demoApproval, insert, type Demo } from '../../src/approvals/approvals.demo.ts'

const asked = { id: 'hol_demo1', kind: 'holiday', asked: 'requested', title: '5 days off', requester: 'usr_member' }

export const demo: Demo = {
  kind: 'holiday',
  statements: async (now) => [
    ...(await demoApproval({ ...asked, at: now, due: { at: now + 86_400_000, on: 'expire' }, what: { days: 5 } })),
    insert('holidays', { approval_id: asked.id, days: 5 }),
  ],
}
