import { accessRefusals } from './access/access.refusals.ts'
import { families } from './families.ts'
import { policyRefusals } from './policies/policies.refusals.ts'
import { historyRefusals } from './history/history.refusals.ts'
import { coreRefusals, type Explanations } from './refusal.ts'
import { standardRefusals } from './standard/standard.refusals.ts'
import { webhookRefusals } from './webhooks/webhooks.refusals.ts'

/** Everything that the service ever refuses, and why. */
export const refusals: Readonly<Explanations> = Object.assign(
  {},
  coreRefusals,
  ...families.map((family) => family.refusals),
  standardRefusals,
  webhookRefusals,
  accessRefusals,
  policyRefusals,
  historyRefusals,
)
