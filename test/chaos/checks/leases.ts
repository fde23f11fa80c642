import { Violation, type Calls } from '../calls.ts'
import type { Leased, Model } from '../model.ts'

/** An entry of the outbox is one caller's at a time, and nobody's once it is finished; as which it stays. */
export async function holdLeases(calls: Calls, { leases }: Model): Promise<void> {
  for (const [outbox, all] of Map.groupBy(leases, (lease) => lease.outbox)) {
    const ordered = all.toSorted((a, b) => a.from - b.from)
    for (const [index, lease] of ordered.entries()) {
      const next = ordered[index + 1]
      if (next && overlaps(lease, next)) {
        throw new Violation(`outbox entry ${outbox} was leased twice: ${JSON.stringify([lease, next])}`)
      }
      if (!lease.finished) continue
      const path = `/internal/v1/instances/${lease.instance}/outbox/${outbox}`
      const { body } = await calls.surely({ as: 'service', path })
      if (next || body.status !== lease.finished) {
        throw new Violation(`outbox entry ${outbox} had ${lease.finished} and is ${JSON.stringify(body)}`)
      }
    }
  }
}

function overlaps(first: Leased, next: Leased): boolean {
  return next.from < first.until && !first.givenBack
}
