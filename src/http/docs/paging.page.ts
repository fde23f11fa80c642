import { html } from 'hono/html'
import type { ProsePage } from './guide.ts'
import { code } from './layout.ts'

export const paging: ProsePage = {
  slug: 'paging',
  title: 'Lists and paging',
  lead: 'One way through every list, at the same cost on the first page and on the last.',
  body: ({ origin, op }) => html`
    <h2>Follow the cursor</h2>
    <p>
      Where there is more, the answer has a <code>Link</code> header with the address of the next page, and its body has
      <code>next</code>: the cursor to send as <code>?cursor=</code>. At the end there is no <code>Link</code>, and
      <code>next</code> is null. Lists whose body is a bare array have only the header.
    </p>
    ${code(`
curl -i "${origin}/v1/approvals?limit=2" -H "Authorization: Bearer cs_demo_member"`)}
    ${code(
      `
Link: <${origin}/v1/approvals?limit=2&cursor=WzE3ODk…>; rel="next"

{"total":46,"limit":2,"offset":0,"approvals":[…],"next":"WzE3ODk…"}`,
      'text',
    )}
    <p>
      The link carries your filters along. A cursor marks a place in the list: what is added or decided while you read
      makes you neither skip nor see anything twice. It is opaque; pass it on as it came, with the same filters.
    </p>

    <h2>How much</h2>
    <p>
      <code>limit</code> goes from 1 to 100 (to 200 where the reference says so); outside of that it is 422, not cut to
      fit. A page of very large entries may end early: go by <code>next</code>, not by the number of entries.
    </p>

    <h2>By number</h2>
    <p>
      Some lists also take <code>page</code> or <code>offset</code>, as far as 10,000 entries deep. Beyond that, follow
      the cursor.
    </p>

    <h2>Order, and totals</h2>
    <p>
      Newest first, unless the reference says otherwise: what waits for somebody comes oldest first. A
      <code>total</code> is kept rather than counted, so it costs nothing; where it would have to be counted, as within
      a range of time, it is null.
    </p>

    <h2>Filters</h2>
    <p>
      Filters join with “and”: ${op('listClaims')}, for one, takes <code>status</code>, <code>claimant_id</code>,
      <code>batch_id</code> and <code>external_ref</code>. A range of time is <code>created_from</code> (from then on)
      and <code>created_before</code> (before then); on change approvals <code>createdFrom</code> and
      <code>createdBefore</code>. They are in ISO 8601 with an offset:
    </p>
    ${code(`
curl "${origin}/api/v1/claims?status=pending&created_from=2026-03-01T00:00:00Z" \\
  -H "Authorization: Bearer cs_demo_member"`)}
    <p>
      A parameter that an operation does not know is a fault, as an unknown member of a body is: a misspelt
      <code>?stauts=pending</code> is 422 and not the whole list.
    </p>
  `,
}
