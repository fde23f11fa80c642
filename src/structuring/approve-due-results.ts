import { approveDue } from '../approvals/decide-due.ts'
import type { Ctx } from '../context.ts'
import { setOff } from './results.store.ts'

/**
 * Approves results that nobody has decided within the hours that their gate gives, as a person would.
 *
 * @returns how many
 */
export function approveDueResults(ctx: Ctx): Promise<number> {
  return approveDue(ctx, 'result', (asClock, mark) => [setOff(asClock, mark)])
}
