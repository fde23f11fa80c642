import type { Explained } from '../refusal.ts'

/** What gates and results are refused for, beyond what the core refuses. */
export const structuringRefusals = {
  gate_inactive: [409, 'The gate is not active', 'Activate it, or submit to another.'],
  rule_limit: [409, 'The gate has as many rules as it may have', 'Remove one, or change one.'],
} as const satisfies Record<string, Explained>

declare module '../refusal.ts' {
  interface Explanations extends Record<keyof typeof structuringRefusals, Explained> {}
}
