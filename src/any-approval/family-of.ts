import type { Family } from '../approvals/family.ts'
import { families } from '../families.ts'

const all: readonly Family[] = families
const ofUuids = all.find(({ approvalId }) => approvalId === 'uuid') ?? all[0]!

/** The family whose ids are of this form. What no family's are is looked for where any other id would be. */
export function familyOf(id: string): Family {
  return all.find(({ approvalId }) => id.startsWith(`${approvalId}_`)) ?? ofUuids
}
