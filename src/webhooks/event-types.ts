/** What endpoints can ask for: everything that is told to the outside. */
export const eventTypes = [
  'claim.submitted',
  'claim.approved',
  'claim.rejected',
  'claim.withdrawn',
  'claim.reverted',
  'batch.started',
  'batch.completed',
  'batch.cancelled',
  'change.requested',
  'change.approved',
  'change.rejected',
  'change.withdrawn',
  'intent.requested',
  'intent.approved',
  'intent.rejected',
  'intent.expired',
  'intent.executed',
  'intent.lapsed',
  'result.queued',
  'result.approved',
  'result.rejected',
] as const

export type EventType = (typeof eventTypes)[number]

/** What an endpoint is sent when it is tested, whatever it has asked for. */
export const testType = 'endpoint.test'
