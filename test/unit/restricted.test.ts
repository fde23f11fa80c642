import { env } from 'cloudflare:workers'
import { sql } from '../../src/db/sql.ts'
import { beforeAll, expect, test } from 'vitest'
import { sees } from '../../src/approvals/restricted.ts'
import { visible } from '../../src/approvals/restricted.store.ts'
import { defaultPolicy } from '../../src/approvals/policy.ts'
import { createContext } from '../../src/context.ts'

/* Who sees an approval is said twice: in SQL for what is read, and of what was read already. */

const kind = { kind: 'claim', policy: defaultPolicy(['reviewer']) }
/** Who may vote under policy versions: in a first stage, in a later one. */
const versions = {
  plv_seen_group: '[["group:x"],["role:service","group:y"]]',
  plv_seen_role: '[["role:admin"],["role:member"]]',
}
const rows = [0, 1].flatMap((restricted) =>
  [null, 'i', 'j'].flatMap((instance_id) =>
    ['usr_a', 'usr_b'].flatMap((requester_id) =>
      [null, 'usr_a', 'usr_b'].flatMap((submitted_by) =>
        [null, ...(Object.keys(versions) as (keyof typeof versions)[])].map((policy_version_id) => ({
          restricted,
          instance_id,
          requester_id,
          submitted_by,
          policy_version_id,
          open_to: policy_version_id && JSON.stringify(JSON.parse(versions[policy_version_id])[0]),
          voters: policy_version_id && versions[policy_version_id],
        })),
      ),
    ),
  ),
)
/** More than are looked for one by one. */
const elsewhere = Array.from({ length: 20 }, (_, n) => `g${n}`)
const actors = ([['member'], ['reviewer'], ['admin'], ['service']] as const).flatMap((roles) =>
  [null, 'i', 'I'].flatMap((instanceId) =>
    [[], ['x'], ['y', 'z'], ['group:x', 'x","role:member'], ['y', ...elsewhere]].map((groups) => ({
      tenantId: 't',
      userId: 'usr_a',
      name: 'A',
      roles,
      instanceId,
      keyMadeBy: null,
      groups,
    })),
  ),
)

beforeAll(async () => {
  await env.DB.prepare(
    `INSERT INTO policy_versions (id, tenant_id, policy_id, version, body, created_at, created_by, capacities)
     SELECT key, 't', key, 1, '{}', 0, 'usr_z', value FROM json_each(?)`,
  )
    .bind(JSON.stringify(versions))
    .run()
})

test.each(actors)('$roles, in $groups, bound to $instanceId, sees the same by either', async (actor) => {
  const ctx = createContext(env, { actor, requestId: 'test' })
  const seen = await ctx.db.run(
    ctx.db.all<{ n: number }>(sql`
      SELECT r.n FROM (SELECT key AS n, value ->> '$.restricted' AS restricted, value ->> '$.instance_id' AS instance_id,
        value ->> '$.requester_id' AS requester_id, value ->> '$.submitted_by' AS submitted_by,
        value ->> '$.policy_version_id' AS policy_version_id, value ->> '$.open_to' AS open_to FROM json_each(${JSON.stringify(rows)})) r
      WHERE ${visible(ctx, kind, sql`r`)} ORDER BY r.n`),
  )
  const expected = rows.flatMap((row, n) => (sees(actor, kind, row) ? [n] : []))
  expect(seen.map(({ n }) => n)).toEqual(expected)
})
