import type { RefusalCode } from '../refusal.ts'

/** What an operation may refuse, as its route declares it; in the document `showRefusals` makes answers of it. */
export interface Refusing {
  'x-refusing': { codes: readonly RefusalCode[]; faults: 'problem' | 'fastapi' }
}

/** @param faults how faults of the input are shown */
export function refusing(codes: readonly RefusalCode[], faults: 'problem' | 'fastapi' = 'problem'): Refusing {
  return { 'x-refusing': { codes, faults } }
}
