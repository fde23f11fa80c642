import type { Explained } from '../refusal.ts'

/** What gates and results are refused for, beyond what the core refuses. */
export const structuringRefusals = {
  gate_inactive: [409, 'The gate is not active', 'Activate it, or submit to another gate.'],
  rule_limit: [409, 'The gate can have no more rules', 'Remove or change one.'],
} as const satisfies Record<string, Explained>

declare module '../refusal.ts' {
  interface Explanations extends Record<keyof typeof structuringRefusals, Explained> {}
}
