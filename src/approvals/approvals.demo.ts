/* What the demo data of the families is written with. It is SQL for a local database: nothing that is deployed imports it. */

/** The demo data of a family: `x.demo.ts` beside its `x.family.ts`. */
export interface Demo {
  kind: string
  /**
   * SQL statements. What is there already they leave as it is, so that loading them again keeps what was done with it.
   *
   * @param now when they are loaded, in milliseconds
   */
  statements(now: number): string[]
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
  title: string
  requester: string
  at: number
  subject?: { type: string; id: string }
  due?: { at: number; on: 'expire' | 'approve' | 'reject' }
  /** Who may decide it, beside admins. */
  approvers: string
  selfApproval?: boolean
  /** Who has approved it, when, and whose key said so. */
  approved?: { by: string; at: number; reportedBy: string }
}

export function demoApproval(approval: DemoApproval): string[] {
  const { id, kind, asked, title, requester, at, subject, due, approvers, selfApproval = false, approved } = approval
  const roles = approvers === 'admin' ? ['admin'] : [approvers, 'admin']
  const policy = { required_approvals: 1, approver_roles: roles, allow_self_approval: selfApproval }
  const decisionId = `dec_demo_${id}`
  return [
    insert('approvals', {
      id,
      tenant_id: demoTenant,
      kind,
      status: approved ? 'approved' : 'pending',
      title,
      requester_id: requester,
      ...(subject && { subject_type: subject.type, subject_id: subject.id }),
      created_at: at,
      updated_at: at,
      ...(due && { due_at: due.at, on_due: due.on }),
      policy: JSON.stringify(policy),
      votes_needed: 1,
      ...(approved && { votes_for: 1, decision_id: decisionId, decided_by: approved.by, decided_at: approved.at }),
    }),
    ...(approved
      ? [
          insert('votes', {
            approval_id: id,
            voter_id: approved.by,
            vote: 'approve',
            decision_id: decisionId,
            voted_at: approved.at,
            reported_by: approved.reportedBy,
          }),
        ]
      : []),
    demoEvent(`${kind}.${asked}`, id, requester, at),
  ]
}

/** The event that something of the demo tenant began with. */
export function demoEvent(type: string, subject: string, actor: string, at: number): string {
  const id = `evt_demo_${subject}`
  return `INSERT INTO events (id, tenant_id, type, subject_id, actor_id, at, to_status)
    SELECT ${[id, demoTenant, type, subject, actor, at, 'pending'].map(literal).join(', ')}
    WHERE NOT EXISTS (SELECT 1 FROM events WHERE subject_id = ${literal(subject)} AND id = ${literal(id)})`
}
