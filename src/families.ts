import type { Family } from './approvals/family.ts'
import { changes } from './changes/changes.family.ts'
import { claims } from './claims/claims.family.ts'
import { intents } from './intents/intents.family.ts'
import { requests } from './requests/requests.family.ts'
import { structuring } from './structuring/structuring.family.ts'

/** The families of approvals, in the order in which they are listed everywhere. */
export const families = [claims, changes, intents, structuring, requests] as const

/** What an approval may be. */
export const kinds: readonly Kind[] = families.map(({ kind }) => kind)
export type Kind = (typeof families)[number]['kind']

/** Those that are asked for on behalf of a customer. */
export const kindsForCustomers: readonly Kind[] = families
  .filter((family: Family) => family.isForCustomer)
  .map(({ kind }) => kind)
