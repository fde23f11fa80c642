import { Violation, type Calls } from '../calls.ts'

/** A total, and how many there are behind all the cursors. */
const lists = [
  ...['pending', 'approved', 'rejected', 'withdrawn'].map((status) => `/api/v1/claims?limit=100&status=${status}`),
  ...['pending', 'approved', 'rejected'].map((status) => `/v1/requests?limit=100&status=${status}`),
  ...['completed', 'cancelled'].map((status) => `/api/v1/approval-batches?limit=100&status=${status}`),
  ...['change', 'intent', 'result'].map((kind) => `/v1/approvals?limit=200&kind=${kind}`),
]

/** The totals of lists are what the lists show, each thing once. */
export async function holdLists(calls: Calls): Promise<void> {
  for (const list of lists) {
    const seen = new Set<string>()
    let total: number | null = null
    let shown = 0
    for (let path: string | undefined = list; path !== undefined;) {
      const { body, headers } = await calls.surely({ as: 'admin', path })
      total ??= body.pagination?.total ?? body.total
      const rows: any[] = body.data ?? body.approvals
      shown += rows.length
      for (const row of rows) seen.add(row.claim_id ?? row.batch_id ?? row.id)
      const next: string | undefined = /<([^>]+)>; rel="next"/.exec(headers.get('Link') ?? '')?.[1]
      path = next && new URL(next, 'http://localhost').pathname + new URL(next, 'http://localhost').search
    }
    if (total !== seen.size || shown !== seen.size) {
      throw new Violation(`${list} tells a total of ${total} and shows ${shown}, ${seen.size} of them once`)
    }
  }
}
