import type { Explained } from '../refusal.ts'

/** What policies are refused for, beyond what the core refuses. */
export const policyRefusals = {
  infeasible_quorum: [
    422,
    'Nobody could fulfil this policy',
    'Add people to the groups and roles of the stage that the stage member names, or ask for fewer approvals.',
  ],
  policy_limit: [409, 'There are as many policies as there may be', 'Delete one that is not needed any more.'],
} as const satisfies Record<string, Explained>

declare module '../refusal.ts' {
  interface Explanations extends Record<keyof typeof policyRefusals, Explained> {}
}
