import { env } from 'cloudflare:workers'
import { verifyExport } from '../../scripts/verify-export.ts'
import type { Tenant } from './tenant.ts'

/** Seals what has happened in a tenant, as cron would have it within the minute. @returns how many events are sealed */
export async function sealed(tenantId: string): Promise<number> {
  const all =
    'SELECT (SELECT max(seq) FROM events WHERE tenant_id = ?1) AS seq, (SELECT size FROM seals WHERE tenant_id = ?1) AS size'
  for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
    const row = await env.DB.prepare(all).bind(tenantId).first<{ seq: number | null; size: number | null }>()
    if (row === null || row.seq === null || row.seq === row.size) return row?.size ?? 0
    await env.HISTORY_SEALER.getByName(tenantId).wake(tenantId)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`the history of ${tenantId} was not sealed`)
}

/** Seals what has happened in a tenant; whatever that was, no event and no vote may be accused. */
export async function fits(tenant: Tenant): Promise<void> {
  await sealed(tenant.id)
  await verifyExport((await tenant.as('admin')('/v1/history/export')).body.split('\n'))
}
