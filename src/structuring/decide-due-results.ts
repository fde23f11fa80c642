import { approveDue, rejectDue } from '../approvals/decide-due.ts'
import type { Mark } from '../approvals/mark.store.ts'
import type { Ctx } from '../context.ts'
import { setOff } from './results.store.ts'

const effect = (asClock: Ctx, mark: Mark) => [setOff(asClock, mark)]

/**
 * Approves results that nobody has decided within the hours that their gate gives, as a person would.
 *
 * @returns how many
 */
export function approveDueResults(ctx: Ctx): Promise<number> {
  return approveDue(ctx, 'result', effect)
}

/**
 * Rejects results that a policy has rejected when their time comes, as a person would.
 *
 * @returns how many
 */
export function rejectDueResults(ctx: Ctx): Promise<number> {
  return rejectDue(ctx, { kind: 'result' }, effect)
}
