import { createHash } from 'node:crypto'
import { demoTenant, insert, type Demo } from '../src/approvals/approvals.demo.ts'
import { demoPolicies } from '../src/policies/policies.demo.ts'
import type { Role } from '../src/context.ts'

/** Whoever has a key in the demo data. The keys exist in local development only. */
export const demoKeys: readonly DemoKey[] = [
  { secret: 'cs_demo_admin', user: 'usr_admin', name: 'Admin', role: 'admin' },
  { secret: 'cs_demo_coordinator', user: 'usr_coord99', name: 'Carla Coordinator', role: 'coordinator' },
  { secret: 'cs_demo_reviewer', user: 'usr_reviewer', name: 'Rita Reviewer', role: 'reviewer' },
  { secret: 'cs_demo_member', user: 'usr_member', name: 'John Doe', role: 'member' },
  { secret: 'cs_demo_service', user: 'usr_service', name: 'Agent platform', role: 'service' },
  { secret: 'cs_demo_support', user: 'usr_sam', name: 'Sam Support', role: 'member', group: 'grp_support' },
  { secret: 'cs_demo_support2', user: 'usr_sue', name: 'Sue Support', role: 'member', group: 'grp_support' },
  { secret: 'cs_demo_finance', user: 'usr_fay', name: 'Fay Finance', role: 'member', group: 'grp_finance' },
  { secret: 'cs_demo_finance2', user: 'usr_finn', name: 'Finn Finance', role: 'member', group: 'grp_finance' },
  { secret: 'cs_demo_ops', user: 'usr_oli', name: 'Oli Ops', role: 'member', group: 'grp_ops' },
  { secret: 'cs_demo_former', user: 'usr_former', name: 'Fritz Former', role: 'member', group: 'grp_former' },
  { secret: 'cs_other_admin', tenant: 'other', user: 'usr_other', name: 'Otto Other', role: 'admin' },
]

interface DemoKey {
  secret: string
  /** The demo tenant unless it says otherwise. */
  tenant?: string
  user: string
  name: string
  role: Role
  group?: string
}

/** Groups, and who is in them. */
const groups = [
  { id: 'grp_support', name: 'Support' },
  { id: 'grp_finance', name: 'Finance' },
  { id: 'grp_ops', name: 'Operations' },
  { id: 'grp_former', name: 'Nobody needs this one' },
]

/**
 * The demo data as SQL statements: two tenants with their keys, and policies and what each family has for the first.
 *
 * @param now when it is loaded, in milliseconds
 */
export async function demoData(demos: readonly Demo[], now: number): Promise<string[]> {
  const made = await Promise.all(demos.map((demo) => demo.statements(now)))
  return [...access(now), ...demoPolicies(now), ...made.flat()]
}

function access(now: number): string[] {
  return [
    insert('tenants', { id: demoTenant, name: 'Demo', created_at: now }),
    insert('tenants', { id: 'other', name: 'Other', created_at: now }),
    ...groups.map(({ id, name }) => {
      const members = demoKeys.filter(({ group }) => group === id).map(({ user }) => user)
      const member_ids = JSON.stringify(members)
      return insert('groups', { tenant_id: demoTenant, id, name, member_ids, created_at: now, updated_at: now })
    }),
    ...demoKeys.flatMap(({ secret, tenant = demoTenant, user, name, role, group }) => [
      insert('people', {
        tenant_id: tenant,
        id: user,
        name,
        kind: role === 'service' ? 'service' : 'human',
        roles: JSON.stringify([role]),
        groups: JSON.stringify(group ? [group] : []),
        created_at: now,
        updated_at: now,
      }),
      insert('api_keys', {
        hash: sha256(secret),
        id: secret.replace('cs_', 'key_'),
        tenant_id: tenant,
        person_id: user,
        name: 'Demo',
        roles: JSON.stringify([role]),
        created_at: now,
        created_by: user,
      }),
    ]),
  ]
}

function sha256(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}
