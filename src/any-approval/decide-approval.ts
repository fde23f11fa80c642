import { decideAndRead } from '../approvals/decide.ts'
import type { Ballot } from '../approvals/rules.ts'
import type { Ctx } from '../context.ts'
import { selectAnyApproval, type AnyApproval } from './any-approval.store.ts'
import { familyOf } from './family-of.ts'
import { missing } from './read-approval.ts'

/**
 * A vote on an approval of whatever family, with all that the family does.
 *
 * @throws Refusal as the family's own decision
 */
export async function decideApproval(ctx: Ctx, id: string, ballot: Ballot): Promise<AnyApproval> {
  const family = familyOf(id)
  const decision = { ...family.decision(ctx, id, ballot), name: `approval ${id}` }
  return (await decideAndRead(ctx, decision, selectAnyApproval(ctx, id, family))) ?? missing(id)
}
