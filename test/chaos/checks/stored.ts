import { readdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { batchItems } from '../../support/batch-items.ts'
import { Violation } from '../calls.ts'

/** The server's own database, read from beside it: also while it runs. */
export function stored(state: string): DatabaseSync {
  const folder = join(state, 'v3/d1/miniflare-D1DatabaseObject')
  const name = readdirSync(folder).find((one) => one.endsWith('.sqlite') && one !== 'metadata.sqlite')!
  return new DatabaseSync(join(folder, name), { timeout: 10_000, readOnly: true })
}

const statuses = ['pending', 'approved', 'rejected', 'withdrawn', 'expired']
const of = (status: string) => `sum(a.status = '${status}')`
const facets = [
  `SELECT tenant_id, kind, '' AS facet, status FROM approvals WHERE restricted = 0`,
  `SELECT tenant_id, kind, 'requester:' || requester_id, status FROM approvals WHERE restricted = 0`,
  `SELECT tenant_id, kind, 'subject:' || subject_id, status FROM approvals WHERE restricted = 0`,
  `SELECT tenant_id, kind, 'restricted', status FROM approvals WHERE restricted = 1`,
]

/** What must never be found: a name and a query of what would be wrong. */
const wrongs: Record<string, string> = {
  'a gap in the order of events': `SELECT tenant_id, count(*), max(seq) FROM events GROUP BY tenant_id HAVING count(*) <> max(seq)`,
  'an event that does not go on where the one before ended': `
    SELECT * FROM (
      SELECT e.resource_id, e.seq, e.type, e.from_status, lag(e.to_status) OVER (PARTITION BY e.resource_id ORDER BY e.seq) AS before
      FROM events e JOIN approvals a ON a.id = e.resource_id)
    WHERE from_status IS NOT before`,
  'a move that is none': `
    SELECT e.* FROM events e JOIN approvals a ON a.id = e.resource_id
    WHERE e.from_status IN ('rejected', 'withdrawn', 'expired') OR (e.from_status = 'approved' AND e.to_status = 'rejected')`,
  'an approval that is not where its history ends': `
    SELECT a.id, a.status, e.to_status FROM approvals a JOIN events e ON e.tenant_id = a.tenant_id AND e.resource_id = a.id
    WHERE e.seq = (SELECT max(seq) FROM events WHERE tenant_id = a.tenant_id AND resource_id = a.id AND to_status IN
      ('pending', 'approved', 'rejected', 'withdrawn', 'expired')) AND a.status <> e.to_status`,
  'an approval without a history': `SELECT id FROM approvals WHERE id NOT IN (SELECT resource_id FROM events)`,
  'two things of one idempotency key': `
    SELECT title, count(*) FROM approvals WHERE title LIKE 'Request %' GROUP BY title HAVING count(*) > 1 UNION ALL
    SELECT description, count(*) FROM claims WHERE description LIKE 'Claim %' GROUP BY description HAVING count(*) > 1 UNION ALL
    SELECT serialized_intent, count(*) FROM intents WHERE serialized_intent LIKE '%"word"%' GROUP BY 1 HAVING count(*) > 1 UNION ALL
    SELECT name, count(*) FROM people WHERE name LIKE 'Person %' GROUP BY name HAVING count(*) > 1`,
  'two standing votes of one person': `
    SELECT approval_id, voter_id FROM votes WHERE voided_at = 0 GROUP BY approval_id, voter_id HAVING count(*) > 1`,
  'a tally that is not the count': `
    SELECT t.*, ${statuses.map((status) => `coalesce(${of(status)}, 0) AS ${status}_counted`).join(', ')}
    FROM tallies t LEFT JOIN (${facets.join(' UNION ALL ')}) a USING (tenant_id, kind, facet)
    WHERE t.facet = '' OR t.facet = 'restricted' OR t.facet LIKE 'requester:%' OR t.facet LIKE 'subject:%'
    GROUP BY t.tenant_id, t.kind, t.facet
    HAVING ${statuses.map((status) => `t.${status} <> coalesce(${of(status)}, 0)`).join(' OR ')}`,
  'a batch whose counts are not its items': `
    SELECT b.id, b.status, b.total_claims, b.approved_count, b.rejected_count FROM batches b
    WHERE total_claims <> (SELECT count(*) FROM ${batchItems} WHERE batch_id = b.id)
      OR approved_count <> (SELECT count(*) FROM ${batchItems} WHERE batch_id = b.id AND decision = 'approved')
      OR rejected_count <> (SELECT count(*) FROM ${batchItems} WHERE batch_id = b.id AND decision = 'rejected')
      OR (status = 'completed' AND processed_count <> total_claims)`,
  'a batch that did not end': `SELECT id, status FROM batches WHERE status IN ('pending', 'processing') AND id NOT LIKE '%demo%'`,
  'a claim that a cancelled batch still holds, or that two have approved': `
    SELECT a.id, a.bulk_id FROM approvals a JOIN batches b ON b.id = a.bulk_id WHERE b.status = 'cancelled' UNION ALL
    SELECT i.claim_id, count(*) FROM ${batchItems} i JOIN batches b ON b.id = i.batch_id
    WHERE b.status = 'completed' AND i.decision = 'approved' GROUP BY i.claim_id HAVING count(*) > 1`,
  'an entity whose versions are not consecutive': `
    SELECT entity_id, count(*), max(version) FROM entity_versions GROUP BY tenant_id, entity_type, entity_id
    HAVING count(*) <> max(version) OR min(version) <> 1`,
  'a change that was applied twice, or not at all': `
    SELECT c.approval_id, a.status, c.applies,
      (SELECT count(*) FROM entity_versions v WHERE v.approval_id = c.approval_id) AS applied
    FROM changes c JOIN approvals a ON a.id = c.approval_id
    WHERE applied <> (a.status = 'approved' AND c.applies = 1)`,
  'an approved intent without its one entry in the outbox, or another with one': `
    SELECT a.id, a.status FROM approvals a WHERE a.kind = 'intent'
      AND (SELECT count(*) FROM outbox o WHERE o.approval_id = a.id) <> (a.status = 'approved')`,
  'an event that was announced twice to one endpoint': `
    SELECT endpoint_id, event_seq, count(*) FROM webhook_deliveries WHERE event_type <> 'endpoint.test'
    GROUP BY endpoint_id, event_seq HAVING count(*) > 1`,
  'a foreign key that leads nowhere': 'PRAGMA foreign_key_check',
}

/** Looks for all that must never be stored. @throws Violation with the first that is */
export function holdStored(state: string): void {
  const db = stored(state)
  try {
    const [integrity] = db.prepare('PRAGMA integrity_check').all() as [{ integrity_check: string }]
    if (integrity.integrity_check !== 'ok')
      throw new Violation(`the database is not whole: ${integrity.integrity_check}`)
    for (const [name, query] of Object.entries(wrongs)) {
      const found = db.prepare(query).all()
      if (found.length > 0) throw new Violation(`${found.length} times ${name}: ${JSON.stringify(found.slice(0, 3))}`)
    }
  } finally {
    db.close()
  }
}
