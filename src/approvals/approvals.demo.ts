/*
 * What the demo data of the families is written with. It is SQL for a local database: nothing that is deployed imports
 * it.
 */

import { digestOf, type Question } from './digest.ts'

/** The demo data of a family: `x.demo.ts` beside its `x.family.ts`. */
export interface Demo {
  kind: string
  /**
   * SQL statements. What is there already they leave as it is, so that loading them again keeps what was done with it.
   *
   * @param now when they are loaded, in milliseconds
   */
  statements(now: number): Promise<string[]>
}

/** The tenant that has the demo data. */
export const demoTenant = 'demo'

type Value = string | number | null

/** A row, unless it is there. */
export function insert(table: string, row: Record<string, Value>): string {
  const values = Object.values(row).map(literal)
  return `INSERT OR IGNORE INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${values.join(', ')})`
}

/** A value as SQL. */
export function literal(value: Value): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
}

/** An approval of the demo tenant, which waits for somebody unless it says otherwise, with the event that opened it. */
export interface DemoApproval {
  id: string
  kind: string
  /** What the family calls its opening: `submitted`. */
  asked: string
  /** The tenant's own word for what is asked, where the family has such. */
  type?: string
  title: string
  requester: string
  at: number
  subject?: { type: string; id: string }
  /** The agent instance that it was asked through. */
  instance?: string
  due?: { at: number; on: 'expire' | 'approve' | 'reject' }
  /** What an approver decides on. */
  what: Question['what']
  /** Who has approved it, when, and whose key said so. */
  approved?: { by: string; at: number; reportedBy: string | null }
}

export async function demoApproval(approval: DemoApproval): Promise<string[]> {
  const { id, kind, asked, type = null, title, requester, at, subject, instance, due, approved } = approval
  const digest = await digestOf({ ...approval, revision: 1 })
  const decisionId = `dec_demo_${id}`
  return [
    insert('approvals', {
      id,
      tenant_id: demoTenant,
      kind,
      status: approved ? 'approved' : 'pending',
      type,
      title,
      requester_id: requester,
      ...(subject && { subject_type: subject.type, subject_id: subject.id }),
      created_at: at,
      updated_at: at,
      ...(instance && { instance_id: instance }),
      ...(due && { due_at: due.at, on_due: due.on }),
      votes_needed: 1,
      digest,
      ...(approved && {
        votes_for: 1,
        version: 2,
        updated_at: approved.at,
        decision_id: decisionId,
        decided_by: approved.by,
        decided_at: approved.at,
      }),
    }),
    demoEvent(`${kind}.${asked}`, id, requester, at),
    ...(approved
      ? [
          insert('votes', {
            approval_id: id,
            revision: 1,
            voter_id: approved.by,
            vote: 'approve',
            decision_id: decisionId,
            counted_with: '{"groups":[],"roles":[]}',
            voted_at: approved.at,
            reported_by: approved.reportedBy,
          }),
          demoEvent(`${kind}.approved`, id, approved.by, approved.at, {
            from: 'pending',
            to: 'approved',
            data: { decision_id: decisionId, comment: null, reported_by: approved.reportedBy },
          }),
        ]
      : []),
  ]
}

/** An event of the demo tenant: what something began with, unless it says otherwise. */
export function demoEvent(
  type: string,
  resource: string,
  actor: string,
  at: number,
  { from = null, to = 'pending', data = {} }: { from?: string | null; to?: string; data?: object } = {},
): string {
  const id = `evt_demo_${resource}${from === null ? '' : `_${to}`}`
  const values = [id, demoTenant, type, resource, actor, at, from, to, JSON.stringify(data)].map(literal).join(', ')
  return `INSERT INTO events (id, tenant_id, type, resource_id, actor_id, at, from_status, to_status, data, seq, digest, salt)
    SELECT ${values}, coalesce((SELECT max(seq) FROM events WHERE tenant_id = '${demoTenant}'), 0) + 1,
      (SELECT digest FROM approvals WHERE id = ${literal(resource)}), lower(hex(randomblob(16)))
    WHERE NOT EXISTS (SELECT 1 FROM events
      WHERE tenant_id = '${demoTenant}' AND resource_id = ${literal(resource)} AND id = ${literal(id)})`
}
