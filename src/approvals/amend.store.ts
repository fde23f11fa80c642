import { sql } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Condition } from '../db/open-db.ts'
import type { Approval, Kind } from './approval.ts'
import { matches } from './approvals.store.ts'
import { recordFound } from './history.store.ts'
import { marked, type Mark } from './mark.store.ts'
import type { Opening } from './open.ts'
import { openTo } from './policies.store.ts'
import type { Terms } from './terms.ts'
import { voidedFrom } from './votes.store.ts'
import { isInTime } from './states.store.ts'

/** The terms of a question that was asked otherwise before. */
export type AmendedTerms = Terms & Pick<Approval, 'kept_due_at' | 'kept_on_due'>

/**
 * Asks something else instead of what is pending, as it was at this revision: another question, with its own digest,
 * for which nobody has voted yet. `amended` returns a row where it was allowed.
 */
export function amendQuestion(
  ctx: Ctx,
  target: {
    id: string
    kind: Kind
    revision: number
    ifMatch: readonly string[] | null
    guard?: { condition: Condition }
  },
  { title, subject, digest, terms }: Pick<Opening, 'title' | 'subject'> & { digest: string; terms: AmendedTerms },
  mark: Mark,
) {
  const { actor, now } = ctx
  return {
    amended: ctx.db.all<{ amended: 1 }>(sql`
      UPDATE approvals SET title = ${title}, subject_type = ${subject?.type ?? null}, subject_id = ${subject?.id ?? null},
        digest = ${digest}, revision = revision + 1, votes_for = 0, stage = 0,
        policy_version_id = ${terms.policy_version_id}, open_to = ${openTo(sql`${terms.policy_version_id}`, 0)},
        votes_needed = ${terms.votes_needed}, channel_confirms = ${terms.channel_confirms}, due_at = ${terms.due_at}, on_due = ${terms.on_due},
        kept_due_at = ${terms.kept_due_at}, kept_on_due = ${terms.kept_on_due},
        restricted = max(restricted, ${terms.restricted ? 1 : 0}), decision_id = ${mark.decisionId}, updated_at = ${now},
        version = version + 1
      WHERE id = ${target.id} AND tenant_id = ${actor.tenantId} AND kind = ${target.kind} AND revision = ${target.revision}
        AND +status = 'pending' AND requester_id = ${actor.userId} AND ${isInTime(now)}
        AND ${matches(target.ifMatch)} AND ${target.guard?.condition ?? sql`1`}
      RETURNING 1 AS amended`),
    voided: ctx.db.all(sql`
      UPDATE votes SET voided_at = ${voidedFrom(now)}
      WHERE approval_id = ${target.id} AND revision = ${target.revision} AND voided_at = 0
        AND EXISTS (SELECT 1 FROM approvals WHERE ${marked(mark)})`),
    event: recordFound(
      ctx,
      sql`SELECT tenant_id, kind || '.amended' AS type, id AS resource_id, 'pending' AS from_status, 'pending' AS to_status,
        json_object('revision', revision) AS data FROM approvals WHERE ${marked(mark)}`,
    ),
  }
}
