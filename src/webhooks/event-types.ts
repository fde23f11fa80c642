import type { ZodType } from 'zod'
import type { Family } from '../approvals/family.ts'
import { families } from '../families.ts'

/** What endpoints can ask for: everything that is told to the outside. */
export const eventTypes = families.flatMap(({ events }): readonly EventType[] => events)

export type EventType = (typeof families)[number]['events'][number]

/** What an endpoint is sent when it is tested, whatever it has asked for. */
export const testType = 'endpoint.test'

/** What deliveries say beside the event, to endpoints that families address. */
export const besideEvents: Readonly<Record<string, ZodType>> = Object.assign(
  {},
  ...families.map(({ addresses }: Family) => addresses?.members),
)

/** What an event can be about: the first part of its type. */
export const subjectKinds = [...new Set([...eventTypes, testType].map((type) => type.split('.')[0]!))]
