import { sql } from '../../src/db/sql.ts'
import type { Ctx } from '../../src/context.ts'
import type { Reference } from '../../src/db/open-db.ts'

export interface Holiday {
  id: string
  status: string
  days: number
}

export function insertHoliday(ctx: Ctx, id: string, days: number) {
  return ctx.db.all(sql`INSERT INTO holidays (approval_id, days) VALUES (${id}, ${days})`)
}

export function selectHoliday(ctx: Ctx, id: Reference) {
  return ctx.db.all<Holiday>(sql`
    SELECT a.id, a.status, h.days FROM approvals a JOIN holidays h ON h.approval_id = a.id
    WHERE a.id = ${id} AND a.tenant_id = ${ctx.actor.tenantId}`)
}

export const holidayFacts = { from: sql`holidays f`, object: sql`json_object('days', f.days)` }
