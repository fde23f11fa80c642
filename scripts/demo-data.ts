import { createHash } from 'node:crypto'
import { demoTenant, insert, type Demo } from '../src/approvals/approvals.demo.ts'

/** The keys of the demo data. They exist in local development only. */
export const demoKeys = [
  { secret: 'cs_demo_admin', tenant: demoTenant, user: 'usr_admin', name: 'Admin', role: 'admin' },
  {
    secret: 'cs_demo_coordinator',
    tenant: demoTenant,
    user: 'usr_coord99',
    name: 'Carla Coordinator',
    role: 'coordinator',
  },
  { secret: 'cs_demo_reviewer', tenant: demoTenant, user: 'usr_reviewer', name: 'Rita Reviewer', role: 'reviewer' },
  { secret: 'cs_demo_member', tenant: demoTenant, user: 'usr_member', name: 'John Doe', role: 'member' },
  { secret: 'cs_demo_service', tenant: demoTenant, user: 'usr_service', name: 'Agent platform', role: 'service' },
  { secret: 'cs_other_admin', tenant: 'other', user: 'usr_other', name: 'Otto Other', role: 'admin' },
] as const

/**
 * The demo data as SQL statements: two tenants with their keys, and what each family has for the first.
 *
 * @param now when it is loaded, in milliseconds
 */
export async function demoData(demos: readonly Demo[], now: number): Promise<string[]> {
  const made = await Promise.all(demos.map((demo) => demo.statements(now)))
  return [...access(now), ...made.flat()]
}

function access(now: number): string[] {
  return [
    insert('tenants', { id: demoTenant, name: 'Demo', created_at: now }),
    insert('tenants', { id: 'other', name: 'Other', created_at: now }),
    ...demoKeys.flatMap(({ secret, tenant, user, name, role }) => [
      insert('people', {
        tenant_id: tenant,
        id: user,
        name,
        kind: role === 'service' ? 'service' : 'human',
        roles: JSON.stringify([role]),
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
