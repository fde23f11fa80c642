import type { RefusalCode } from '../refusal.ts'

/** What an operation may refuse, as its route declares it; `showRefusals` turns it into answers of the document. */
export interface Refusing {
  'x-refusing': { codes: readonly RefusalCode[]; faults: 'problem' | 'fastapi' }
}

/** @param faults how faults of the input are shown */
export function refusing(codes: readonly RefusalCode[], faults: 'problem' | 'fastapi' = 'problem'): Refusing {
  return { 'x-refusing': { codes, faults } }
}
