import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { newId } from '../../src/ids.ts'
import { company, post } from '../support/company.ts'

/* What an isolate remembers of a tenant's policies, when they are changed elsewhere. */

const stage = (group: string) => ({ name: 'one', all: [{ group, approvals: 1 }] })

test('what was changed in another isolate holds for the next asking, which is read anew and asked once', async () => {
  const { tenant, as, policy } = await company()
  const { id } = await policy({ stages: [stage('grp_support')] })
  const ask = async () => {
    const { status, body, cost } = await post(as('mia'), '/v1/requests', {
      type: 'refund',
      title: 'Refund',
      details: {},
    })
    const columns = 'SELECT policy_version_id, open_to FROM approvals WHERE id = ?'
    const row = await env.DB.prepare(columns).bind(body.id).first<{ policy_version_id: string; open_to: string }>()
    return { status, queries: cost.queries, ...row! }
  }
  await ask()
  const known = await ask()
  expect(known).toMatchObject({ status: 201, queries: 1, open_to: '["group:grp_support"]' })
  // As another isolate does: a version more, and a page turned.
  const version = newId('pov')
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO policy_versions (id, tenant_id, policy_id, version, body, created_at, created_by, name, capacities, sole_group)
        SELECT ?1, tenant_id, policy_id, version + 1, replace(body, 'grp_support', 'grp_finance'), 0, 'usr_elsewhere', name,
          replace(capacities, 'grp_support', 'grp_finance'), 'grp_finance' FROM policy_versions WHERE policy_id = ?2`,
    ).bind(version, id),
    env.DB.prepare('UPDATE policies SET version_id = ?1 WHERE id = ?2').bind(version, id),
    env.DB.prepare('UPDATE policy_books SET revision = revision + 1 WHERE tenant_id = ?').bind(tenant.id),
  ])
  const changed = { status: 201, policy_version_id: version, open_to: '["group:grp_finance"]' }
  expect(await ask()).toMatchObject({ ...changed, queries: 3 })
  expect(await ask()).toMatchObject({ ...changed, queries: 1 })
  const { total } = (await env.DB.prepare('SELECT count(*) AS total FROM approvals WHERE tenant_id = ?')
    .bind(tenant.id)
    .first<{ total: number }>())!
  expect(total).toBe(4)
})
