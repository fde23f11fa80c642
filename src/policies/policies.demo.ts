import { demoEvent, demoTenant, insert } from '../approvals/approvals.demo.ts'
import { derivedFrom } from '../approvals/policy-version.ts'
import type { PolicyBody } from '../approvals/policy.ts'

/* Policies of the demo tenant. None of them is for anything that an example asks. */

const peerAndMoney = [
  { name: 'peer', all: [{ group: 'grp_support', approvals: 1 }] },
  { name: 'money', all: [{ group: 'grp_finance', approvals: 1 }] },
]
const usual = { allow_self_approval: false, allow_edit: false, restricted: false, expires: null }

const policies: readonly { id: string; name: string; priority: number; body: PolicyBody }[] = [
  {
    id: 'pol_01jq8m2v9kf3wt6x5n4c7b8d9e',
    name: 'Data exports',
    priority: 10,
    body: { ...usual, match: { kind: 'request', type: 'data-export' }, stages: peerAndMoney },
  },
  {
    id: 'pol_01jq8m2v9kf3wt6x5n4c7b8d9f',
    name: 'Big refunds',
    priority: 20,
    body: {
      ...usual,
      match: {
        kind: 'intent',
        action: 'refund_order',
        where: [{ field: '/amount', op: '>', value: 1000, missing: 'match' }],
      },
      stages: peerAndMoney,
      expires: { after_hours: 48, then: 'expire' },
    },
  },
  {
    id: 'pol_01jq8m2v9kf3wt6x5n4c7b8d9h',
    name: 'Old exports',
    priority: 30,
    body: {
      ...usual,
      match: { kind: 'request', type: 'old-export' },
      required_approvals: 1,
      approver_roles: ['admin'],
    },
  },
]

/**
 * The policies as SQL statements.
 *
 * @param now when they are loaded, in milliseconds
 */
export function demoPolicies(now: number): string[] {
  const by = 'usr_admin'
  return [
    ...policies.flatMap(({ id, name, priority, body }) => {
      const version_id = id.replace('pol', 'pov')
      const said = { name, priority, version: 1, policy_version_id: version_id }
      return [
        insert('policy_versions', {
          id: version_id,
          tenant_id: demoTenant,
          policy_id: id,
          version: 1,
          body: JSON.stringify(body),
          created_at: now,
          created_by: by,
          name,
          ...derivedFrom(body),
        }),
        insert('policies', { tenant_id: demoTenant, id, name, priority, version_id, created_at: now, updated_at: now }),
        demoEvent('policy.created', id, by, now, { to: 'active', data: { ...said, policy: body } }),
      ]
    }),
    insert('policy_books', { tenant_id: demoTenant, revision: 1 }),
  ]
}
