import type { Family } from '../approvals/family.ts'
import { families } from '../families.ts'

export const all: readonly Family[] = families

/** The kinds of those that decide what is due by themselves, many at once. */
export const decidingDue = all.filter(({ decidesDue }) => decidesDue).map(({ kind }) => kind)
