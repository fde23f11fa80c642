import { html } from 'hono/html'
import { roles, type Role } from '../../context.ts'
import { inReference, type Operation, type ProsePage } from './guide.ts'
import { code } from './layout.ts'

/** What each role is for. */
const purposes: Record<Role, string> = {
  member: 'Asks, and reads.',
  coordinator: 'Decides claims and runs batches.',
  reviewer: 'Decides results that wait at a gate.',
  admin: 'May do everything in its tenant.',
  service: 'A system: intents and their outbox, results, and asking on behalf of people.',
}

export const authentication: ProsePage = {
  slug: 'authentication',
  title: 'Authentication',
  lead: 'A key says which tenant you are in, who you are, and what you may do.',
  body: ({ origin, operations, op }) => html`
    <h2>Send a key</h2>
    ${code(`
curl ${origin}/v1/approvals \\
  -H "Authorization: Bearer cs_demo_member"
curl ${origin}/v1/approvals \\
  -H "X-API-Key: cs_demo_member"`)}
    <p>
      Either header will do. A key that is missing, unknown, expired or revoked is 401
      <a href="/docs/errors/unauthorized"><code>unauthorized</code></a
      >, before anything else is looked at. Only a key’s SHA-256 is stored, so a lost one has to be replaced. Open
      without a key are <a href="/">/</a>, signing in, <a href="/healthz">/healthz</a>,
      <a href="/.well-known/jwks.json">/.well-known/jwks.json</a>, <a href="/openapi.json">/openapi.json</a> and these
      pages.
    </p>

    <h2>Or a token</h2>
    <p>
      Where the operator has named an identity provider, a JSON Web Token that it has issued for this service works
      wherever a key does, as <code>Authorization: Bearer</code>; behind Cloudflare Access, so does the token that
      Access adds. You are its subject (<code>iss</code>, <code>sub</code>), never its email; your roles, and the groups
      that admins have marked with <code>filled_by_oidc</code>, follow its claims. ${op('whoAmI')} says what came of
      them. A token that does not hold is 401 and says why; 503
      <a href="/docs/errors/sign_in_unavailable"><code>sign_in_unavailable</code></a> means that it could not be
      verified just now.
    </p>

    <h2>Tenants</h2>
    <p>
      The key decides the tenant; nothing in a request does. What belongs to another tenant answers 404, exactly like
      something that does not exist. If you send <code>X-Tenant-Id</code>, it has to name the key’s own tenant.
    </p>

    <h2>Roles</h2>
    <p>
      A key has one or more of five roles. Without the right one, the answer is 403
      <a href="/docs/errors/forbidden"><code>forbidden</code></a
      >, naming the roles that may.
    </p>
    ${roles.map(
      (role) =>
        html`<h3><code>${role}</code></h3>
          <p>${purposes[role]} ${mayCall(role, operations)}</p>`,
    )}
    <p>Every role may read, ask for a change, submit claims and results, and withdraw what is its own.</p>

    <p>
      A key’s roles count only while its person has them too: ${op('whoAmI')} says what is left. Admins make people,
      groups and keys (${op('createPerson')}, ${op('createApiKey')}), disable people and revoke keys; that holds
      everywhere within 30 seconds. The last admin key of a tenant cannot be taken away.
    </p>

    <h2>Who acted</h2>
    <p>
      The person who acted is the key’s user. A body may name somebody else (<code>claimant_id</code>,
      <code>coordinator_id</code>) only when the key has the role <code>admin</code> or <code>service</code>; otherwise
      it is 403 <a href="/docs/errors/actor_mismatch"><code>actor_mismatch</code></a
      >. The key’s user is stored and shown beside that name (<code>submitted_by</code>, <code>created_by</code>,
      <code>reported_by</code>). Names that begin with <code>system:</code> are reserved for the service itself.
    </p>

    <h2>Keys bound to an instance</h2>
    <p>
      A key may be bound to one agent instance. It then reaches the operations under
      <code>/internal/v1/instances/</code> of that instance and, beside who it is, what was asked through it: requests
      and intents by their ids, requests in lists, too. Any of the instance’s keys can redeem what one of them has asked
      for. What is another instance’s is 404, any other operation 403; and such a key cannot decide anything.
    </p>

    <h2>What is restricted</h2>
    <p>
      A request that is <code>restricted</code> is seen by who asked, by whoever sent it for them, by who may vote in
      any stage of its policy (without one, by the roles that decide requests), and by admins. For anybody else it is
      404 and in no list or total, as if it did not exist. Webhooks say its id, type, status and digest only, unless an
      admin lets an endpoint be told more.
    </p>

    <h2>Rate</h2>
    <p>
      A key may make 1,000 requests a minute unless its operator says otherwise. Beyond that, the answer is 429
      <a href="/docs/errors/rate_limited"><code>rate_limited</code></a
      >, with the seconds to wait in <code>Retry-After</code>. Callers without a good key are limited by their address.
      Repeating a request that was already answered under its <code>Idempotency-Key</code> always works.
    </p>

    <h2>Browsers</h2>
    <p>
      Pages of another origin may call the API if its operator names that origin (<code>CORS_ORIGINS</code>). A key in a
      page is in the hands of whoever opens the page: give it the role <code>member</code> at most.
    </p>
  `,
}

/** The operations that this role opens, where it is not every role that does. */
function mayCall(role: Role, operations: readonly Operation[]) {
  const opened = operations.filter(({ 'x-roles': may = [] }) => may.includes(role) && !everyone(may))
  if (role === 'admin' || opened.length === 0) return ''
  return html`Beyond what every role may:
  ${opened.map((one, index) => html`${index === 0 ? '' : ', '}<a href="${inReference(one)}">${one.operationId}</a>`)}.`
}

function everyone(may: readonly string[]): boolean {
  return roles.every((role) => role === 'admin' || may.includes(role))
}
