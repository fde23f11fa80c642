import { html } from 'hono/html'
import type { ProsePage } from './guide.ts'
import { code } from './layout.ts'

export const webhooks: ProsePage = {
  slug: 'webhooks',
  title: 'Webhooks',
  lead: 'Your systems are told what happens: signed, in order, at least once.',
  body: ({ op, eventTypes }) => html`
    <h2>Register an endpoint</h2>
    <p>
      ${op('createWebhookEndpoint')} with a <code>url</code> and the <code>event_types</code> that you want, or
      <code>["*"]</code>. The answer shows the endpoint’s <code>secret</code> this once. The URL has to be https, on
      port 443 of a public host; locally, http to your own machine will do. ${op('testWebhookEndpoint')} sends a test.
    </p>

    <h2>Receive</h2>
    <p>A delivery is a POST, as <a href="https://www.standardwebhooks.com">Standard Webhooks</a> describes it.</p>
    <dl>
      <dt><code>webhook-id</code></dt>
      <dd>The same on every attempt and replay: what you have seen before you can ignore.</dd>
      <dt><code>webhook-timestamp</code></dt>
      <dd>Seconds since the epoch, of this attempt.</dd>
      <dt><code>webhook-signature</code></dt>
      <dd><code>v1,…</code>: HMAC-SHA256 of <code>id.timestamp.body</code>; several while an older secret is valid.</dd>
    </dl>
    ${code(
      `
{
  "type": "claim.approved",
  "timestamp": "2026-03-16T14:30:00.000Z",
  "data": {
    "id": "clm_9f2a3b4c",
    "kind": "claim",
    "status": "approved",
    "digest": "252ceefa8e5005fc433ea5226863920a994314ba95e5fb2993d9dc6e06145326",
    "restricted": false,
    "event_id": "evt_01jq8m2v9kf3wt6x5n4c7b8d9e",
    "previous_status": "pending",
    "actor_id": "usr_coord99",
    "title": "Train to Bern",
    "requester_id": "usr_member",
    "subject": null,
    "url": "https://approvals.example.com/a/clm_9f2a3b4c",
    "details": { "decision_id": "dec_01jq8m2v9kf3wt6x5n4c7b8d9e", "comment": null }
  }
}`,
      'json',
    )}
    <p>Verify it with any library of Standard Webhooks, over the bytes of the body as they came:</p>
    ${code(
      `
import { Webhook } from 'standardwebhooks'

// Throws unless the signature holds and is recent.
new Webhook(process.env.WEBHOOK_SECRET).verify(body, headers)`,
      'js',
    )}
    <p>
      Answer 2xx within 15 seconds and do slow work afterwards. Anything else is a failure, redirects too. What happened
      is in
      <code>type</code> and <code>data</code>; read everything further by <code>data.id</code>.
    </p>
    <p>
      Of a restricted approval an endpoint is told the id, the type, the status and the digest only, unless it is
      registered or changed with <code>include_restricted: true</code>.
    </p>

    <h2>What is promised</h2>
    <ul>
      <li><b>At least once.</b> What was committed is told, perhaps twice, under the same <code>webhook-id</code>.</li>
      <li>
        <b>In order</b> of first attempts, per endpoint. What fails is repeated beside the others and holds none of them
        up.
      </li>
      <li>
        <b>Ten attempts over three days,</b> at growing distances; then the delivery has <code>failed</code>, and
        ${op('replayWebhookDelivery')} sends it again.
      </li>
      <li>
        <b><code>Retry-After</code></b> is honoured up to a day. <b>410</b> disables the endpoint.
      </li>
      <li>An endpoint is told what happens from its registration on, and nothing while it is disabled.</li>
    </ul>
    <p>
      ${op('listWebhookDeliveries')} is the log: what was sent in the last 30 days, and what came back;
      ${op('getWebhookDelivery')} shows the body too. ${op('rotateWebhookSecret')} gives a new secret; the old one signs
      beside it for another 24 hours.
    </p>

    <h2>Types</h2>
    <p class="types">${eventTypes.map((type) => html`<code>${type}</code> `)}</p>
  `,
}
