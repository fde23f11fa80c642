import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { sees } from '../../src/approvals/restricted.ts'
import { visible } from '../../src/approvals/restricted.store.ts'
import { defaultPolicy } from '../../src/approvals/policy.ts'
import { createContext } from '../../src/context.ts'

/* Who sees an approval is said twice: in SQL for what is read, and of what was read already. */

const kind = { kind: 'claim', policy: defaultPolicy(['reviewer']) }
const rows = [0, 1].flatMap((restricted) =>
  [null, 'i', 'j'].flatMap((instance_id) =>
    ['usr_a', 'usr_b'].flatMap((requester_id) =>
      [null, 'usr_a', 'usr_b'].map((submitted_by) => ({ restricted, instance_id, requester_id, submitted_by })),
    ),
  ),
)
const actors = ([['member'], ['reviewer'], ['admin'], ['service']] as const).flatMap((roles) =>
  [null, 'i', 'I'].map((instanceId) => ({
    tenantId: 't',
    userId: 'usr_a',
    name: 'A',
    roles,
    instanceId,
    keyMadeBy: null,
  })),
)

test.each(actors)('$roles, bound to $instanceId, sees the same by either', async (actor) => {
  const ctx = createContext(env, { actor, requestId: 'test' })
  const seen = await ctx.db.run(
    ctx.db.all<{ n: number }>(sql`
      SELECT r.n FROM (SELECT key AS n, value ->> '$.restricted' AS restricted, value ->> '$.instance_id' AS instance_id,
        value ->> '$.requester_id' AS requester_id, value ->> '$.submitted_by' AS submitted_by FROM json_each(${JSON.stringify(rows)})) r
      WHERE ${visible(ctx, kind, sql`r`)} ORDER BY r.n`),
  )
  const expected = rows.flatMap((row, n) => (sees(actor, kind, row) ? [n] : []))
  expect(seen.map(({ n }) => n)).toEqual(expected)
})
