import type { DatabaseSync } from 'node:sqlite'
import type { Arrival } from '../../support/real-receiver.ts'
import { Violation } from '../calls.ts'

/** What has arrived, and what of it for the first time: an event may be repeated, under the same `webhook-id`. */
export function firstArrivals(arrivals: readonly Arrival[]): Map<string, Arrival> {
  const first = new Map<string, Arrival>()
  for (const arrival of arrivals) {
    const event: string = arrival.body.data.event_id
    const before = first.get(event)
    if (before && before.id !== arrival.id) throw new Violation(`event ${event} arrived as two deliveries`)
    if (!before) first.set(event, arrival)
  }
  return first
}

/** How many deliveries the endpoint has, and whether all events have become some. */
export function announced(db: DatabaseSync, endpoint: string): { id: string; event: string }[] {
  const query = `
    SELECT d.id, e.id AS event FROM webhook_deliveries d JOIN events e ON e.seq = d.event_seq AND e.tenant_id = d.tenant_id
    WHERE d.endpoint_id = ? ORDER BY d.event_seq`
  return db.prepare(query).all(endpoint) as unknown as { id: string; event: string }[]
}

/** Every event has arrived, and first attempts in the order in which things happened. */
export function holdWebhooks(db: DatabaseSync, endpoint: string, arrivals: readonly Arrival[]): void {
  const arrived = [...firstArrivals(arrivals).keys()]
  for (const [index, { event }] of announced(db, endpoint).entries()) {
    if (arrived[index] !== event) {
      throw new Violation(`webhook ${index + 1} to arrive was ${arrived[index]}, and had to be ${event}`)
    }
  }
}
