import { sees } from '../approvals/restricted.ts'
import type { Actor } from '../context.ts'
import type { DecisionRow } from './decision.store.ts'
import { familyOf } from './family-of.ts'

/** Whether there is such an approval for an actor of its tenant. */
export function isKnownTo(actor: Actor, row: DecisionRow): boolean {
  return sees(actor, familyOf(row.id), row)
}
