import { families } from '../families.ts'

/** What endpoints can ask for: everything that is told to the outside. */
export const eventTypes = families.flatMap(({ events }): readonly EventType[] => events)

export type EventType = (typeof families)[number]['events'][number]

/** What an endpoint is sent when it is tested, whatever it has asked for. */
export const testType = 'endpoint.test'

/** What an event can be about: the first part of its type. */
export const subjectKinds = [...new Set([...eventTypes, testType].map((type) => type.split('.')[0]!))]
