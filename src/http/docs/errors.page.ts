import { html } from 'hono/html'
import type { RefusalCode } from '../../refusal.ts'
import { refusals } from '../../refusals.ts'
import type { ProsePage } from './guide.ts'
import { code, withCode } from './layout.ts'

const codes = Object.keys(refusals) as RefusalCode[]

export const errors: ProsePage = {
  slug: 'errors',
  title: 'Errors',
  lead: 'Every refusal says what is wrong, where, and what to do about it.',
  body: ({ origin }) => html`
    <h2>Their form</h2>
    <p>
      Errors are <code>application/problem+json</code> (RFC 9457). Switch on <code>code</code>, which never changes;
      show <code>detail</code>, which is about this case; quote <code>request_id</code> when you ask for help.
    </p>
    ${code(
      `
{
  "type": "${origin}/docs/errors/already_decided",
  "title": "A decision has already been made",
  "status": 409,
  "detail": "usr_coord99 has approved this.",
  "code": "already_decided",
  "request_id": "952099c1-b4ac-4559-a714-a68e3d6ff51e",
  "winner": { "decision": "approved", "decided_by": "usr_coord99",
              "decided_at": "2026-03-16T14:30:00.000Z" }
}`,
      'json',
    )}
    <p>
      <code>invalid_input</code> lists all faults at once, up to 500, in <code>errors</code>: <code>in</code> says
      whether it is in the body, query, path or headers, <code>pointer</code> where (a JSON Pointer),
      <code>message</code> what would be right. On <code>/internal/v1/…</code> and <code>/v1/approvals</code> faults of
      the input come as FastAPI shows them instead:
      <code>{"detail":[{"loc":["body","action"],"msg":…,"type":…}]}</code>.
    </p>

    <h2>Trying again</h2>
    <p>
      429 and 503 say in <code>Retry-After</code> how many seconds to wait. After a 500, a 503 or no answer at all,
      repeat the request with the same <code>Idempotency-Key</code>: what was done is not done twice. Any other error
      stays the same until you change something.
    </p>

    <h2>All codes</h2>
    ${[...Map.groupBy(codes, (one) => refusals[one][0])]
      .toSorted(([one], [other]) => one - other)
      .map(
        ([status, group]) =>
          html`<h3 id="${status}">${status}</h3>
            <dl>
              ${group.map(
                (one) =>
                  html`<dt><a href="/docs/errors/${one}">${one}</a></dt>
                    <dd>${refusals[one][1]}. ${withCode(refusals[one][2])}</dd>`,
              )}
            </dl>`,
      )}
  `,
}

/** The page that an error's `type` leads to. */
export function errorPage(one: RefusalCode): Omit<ProsePage, 'slug'> {
  const [status, title, remedy] = refusals[one]
  return {
    title: one,
    lead: `${title}.`,
    body: () =>
      html`<p><b>Status</b> <a href="/docs/errors#${status}">${status}</a></p>
        <h2>What to do</h2>
        <p>${withCode(remedy)}</p>
        <p><a href="/docs/errors">All errors</a></p>`,
  }
}

export function isRefusalCode(text: string): text is RefusalCode {
  return Object.hasOwn(refusals, text)
}
