import { decide, type Decision } from '../approvals/decide.ts'
import type { Ballot } from '../approvals/rules.ts'
import type { Ctx } from '../context.ts'
import type { Reference } from '../db/open-db.ts'
import { resultKind } from './result-kind.ts'
import { behindItem, selectResult, setOff, type Result } from './results.store.ts'

/**
 * Approves or rejects a result. Its items are cleared and its gate's action set off in the same transaction, once.
 *
 * @param id of the result, or of any of its items
 * @throws Refusal as `decide`
 */
export async function decideResult(ctx: Ctx, id: string, ballot: Ballot): Promise<Result> {
  return decide(ctx, { ...decisionOnResult(ctx, behindItem(ctx, id), ballot), name: `result ${id}` })
}

/** What such a decision is, on the result of this id. */
export function decisionOnResult(ctx: Ctx, id: Reference, ballot: Ballot): Decision<Result> {
  return { id, ...resultKind, ...ballot, effect: (mark) => [setOff(ctx, mark)], view: selectResult(ctx, id) }
}
