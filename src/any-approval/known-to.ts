import { sees } from '../approvals/restricted.ts'
import type { Actor } from '../context.ts'
import { families } from '../families.ts'
import type { DecisionRow } from './decision.store.ts'

const kinds = new Map<string, (typeof families)[number]>(families.map((family) => [family.kind, family]))

/** Whether there is such an approval for an actor of its tenant. */
export function isKnownTo(actor: Actor, row: DecisionRow): boolean {
  const kind = kinds.get(row.kind)
  return kind !== undefined && sees(actor, kind, row)
}
