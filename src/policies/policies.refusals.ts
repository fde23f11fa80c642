import type { Explained } from '../refusal.ts'

/** What policies are refused for, beyond what the core refuses. */
export const policyRefusals = {
  infeasible_quorum: [
    422,
    'The people there are could not fulfil this policy',
    'Add people to the groups and roles of the stage that the stage member names, or ask for fewer approvals.',
  ],
  policy_limit: [409, 'The tenant can have no more policies', 'Delete one that is no longer needed.'],
} as const satisfies Record<string, Explained>

declare module '../refusal.ts' {
  interface Explanations extends Record<keyof typeof policyRefusals, Explained> {}
}
