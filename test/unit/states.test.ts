import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { moves, statuses } from '../../src/approvals/states.ts'
import { newTenant } from '../support/tenant.ts'

test('the database allows the moves that there are, and no other', async () => {
  const { id: tenant } = await newTenant()
  for (const from of statuses) {
    for (const to of statuses.filter((one) => one !== from)) {
      const id = `clm_${from}_${to}`
      const ended = (status: string) => (status === 'pending' ? null : 'x')
      await env.DB.prepare(
        `INSERT INTO approvals (id, tenant_id, kind, status, title, requester_id, created_at, updated_at, digest, votes_needed, decided_by, decided_at)
         VALUES (?, ?, 'claim', ?, 'x', 'usr_a', 0, 0, '${'0'.repeat(64)}', 1, ?, ?)`,
      )
        .bind(id, tenant, from, ended(from), ended(from) && 1)
        .run()
      const moved = await env.DB.prepare('UPDATE approvals SET status = ?, decided_by = ?, decided_at = ? WHERE id = ?')
        .bind(to, ended(to), ended(to) && 1, id)
        .run()
        .then(
          () => true,
          (error: Error) => !error.message.includes('does not move so'),
        )
      expect([from, to, moved]).toEqual([from, to, moves[from][to] !== undefined])
    }
  }
})
