/** The entity types that are stored and changed here. For any other type a decision is only announced. */
export const appliedTypes = [
  'algorithmModel',
  'qualificationRule',
  'contactPolicy',
  'decisionFlow',
  'offer',
  'creative',
  'channel',
  'arbitrationProfile',
] as const

export type AppliedType = (typeof appliedTypes)[number]

/** Whether an approved change of this type is applied here. */
export function isApplied(entityType: string): boolean {
  return (appliedTypes as readonly string[]).includes(entityType)
}
