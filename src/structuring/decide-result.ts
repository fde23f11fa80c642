import type { Vote } from '../approvals/approval.ts'
import { decide } from '../approvals/decide.ts'
import type { Ctx } from '../context.ts'
import { resultKind } from './result-kind.ts'
import { behindItem, selectResult, setOff, type Result } from './results.store.ts'

/**
 * Approves or rejects a result. Its items are cleared and its gate's action set off in the same transaction, once.
 *
 * @param id of the result, or of any of its items
 * @throws Refusal as `decide`
 */
export async function decideResult(
  ctx: Ctx,
  id: string,
  { vote, comment, ifMatch }: { vote: Vote; comment: string | null; ifMatch: readonly string[] | null },
): Promise<Result> {
  const resultId = behindItem(ctx, id)
  return decide(ctx, {
    id: resultId,
    name: id,
    ...resultKind,
    vote,
    comment,
    ifMatch,
    effect: (mark) => [setOff(ctx, mark)],
    view: selectResult(ctx, resultId),
  })
}
