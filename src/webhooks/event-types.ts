import type { ZodType } from 'zod'
import type { Family } from '../approvals/family.ts'
import { families } from '../families.ts'

/** The event types that endpoints can ask for: all that are told to the outside. */
export const eventTypes = families.flatMap(({ events }): readonly EventType[] => events)

export type EventType = (typeof families)[number]['events'][number]

/** The type of the event that a test sends, whatever types the endpoint asks for. */
export const testType = 'endpoint.test'

/** What deliveries say beside the event: to endpoints that a family addresses, or of a family's approvals to all. */
export const besideEvents: Readonly<Record<string, ZodType>> = Object.assign(
  {},
  ...families.flatMap(({ addresses, tells }: Family) => [addresses?.members, tells?.members]),
)

/** What an event can be about: the first part of its type. */
export const subjectKinds = [...new Set([...eventTypes, testType].map((type) => type.split('.')[0]!))]
