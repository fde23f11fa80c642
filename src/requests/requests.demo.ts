import { demoApproval, demoTenant, insert, type Demo } from '../approvals/approvals.demo.ts'
import { day, hour } from '../durations.ts'
import { whatIsRequested } from './request-kind.ts'

const type = 'deployment'
const summary = 'Fixes the login.'
const title = 'Deploy 4.2.0 to production'
const details = JSON.stringify({ service: 'web', version: '4.2.0' })
const subject = { type: 'service', id: 'web', url: 'https://ci.example/runs/42' }
const facts = { type, summary, details, subject: JSON.stringify(subject) }
const redeemed = { ended: 'redeemed', ended_by: 'usr_member' }

/** Three pending deployments, two approved ones and a redeemed one. */
export const demo: Demo = {
  kind: 'request',
  async statements(now) {
    const made = Array.from({ length: 6 }, async (_, index) => {
      const id = `req_demo${index + 1}`
      const at = now - (6 - index) * hour
      const approved = index > 2 && { approved: { by: 'usr_reviewer', at, reportedBy: null } }
      const asked = { id, kind: 'request', asked: 'created', type, title, requester: 'usr_member', at, subject }
      const { type: _type, ...columns } = facts
      return [
        ...(await demoApproval({ ...asked, what: whatIsRequested(facts), ...approved })),
        insert('requests', {
          approval_id: id,
          tenant_id: demoTenant,
          ...columns,
          ref_scope: '',
          redeem_within: 30 * day,
          ...(index === 5 && { ...redeemed, ended_at: at }),
        }),
        ...(approved && index < 5 ? [insert('open_redemptions', { redeem_by: at + 30 * day, approval_id: id })] : []),
      ]
    })
    return (await Promise.all(made)).flat()
  },
}
