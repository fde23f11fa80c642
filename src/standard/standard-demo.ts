import { demoApproval, demoTenant, insert, type Demo } from '../approvals/approvals.demo.ts'
import { day, hour } from '../durations.ts'
import type { Example } from './standard.schemas.ts'
import { whatIsRequested, type Standard } from './standard.ts'

/** The demo data of a standard kind, all of its example: three that wait, two that are approved and one redeemed. */
export function standardDemo({ kind, approvalId }: Standard, example: Example): Demo {
  const { type, title, summary, subject } = example
  const facts = { summary, details: JSON.stringify(example.details), subject: JSON.stringify(subject) }
  const redeemed = { ended: 'redeemed', ended_by: 'usr_member' }
  return {
    kind,
    async statements(now) {
      const made = Array.from({ length: 6 }, async (_, index) => {
        const id = `${approvalId}_demo${index + 1}`
        const at = now - (6 - index) * hour
        const approved = index > 2 && { approved: { by: 'usr_reviewer', at, reportedBy: null } }
        const asked = { id, kind, asked: 'created', type, title, requester: 'usr_member', at, subject }
        return [
          ...(await demoApproval({ ...asked, what: whatIsRequested({ type, ...facts }), ...approved })),
          insert('requests', {
            approval_id: id,
            tenant_id: demoTenant,
            ...facts,
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
}
