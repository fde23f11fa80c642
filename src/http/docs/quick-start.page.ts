import { html } from 'hono/html'
import type { ProsePage } from './guide.ts'
import { code } from './layout.ts'

export const quickStart: ProsePage = {
  slug: 'quick-start',
  title: 'Quick start',
  lead: 'Somebody asks, somebody else decides, and it counts once. Five minutes with a shell.',
  body: ({ origin, op }) => html`
    <h2>Start it</h2>
    ${code('npm ci && npm start')}
    <p>
      This runs the whole service on your machine, with demo data. The keys below exist only there; on a deployment put
      your own in their place.
    </p>

    <h2>Ask</h2>
    <p>
      A member submits a claim for reimbursement. Amounts are whole minor units: 6420 is €64.20. The
      <code>Idempotency-Key</code> makes the call safe to repeat.
    </p>
    ${code(String.raw`
API=${origin}
MEMBER="Authorization: Bearer cs_demo_member"
COORDINATOR="Authorization: Bearer cs_demo_coordinator"
JSON="Content-Type: application/json"

CLAIM=$(curl -sS $API/api/v1/claims -H "$MEMBER" -H "$JSON" \
  -H "Idempotency-Key: lunch-$RANDOM$RANDOM" \
  -d '{"description":"Lunch with a customer","amount":6420,"currency":"EUR"}')
echo "$CLAIM"
ID=$(echo "$CLAIM" | sed 's/.*"claim_id":"\([^"]*\)".*/\1/')`)}

    <h2>Decide</h2>
    <p>
      A coordinator approves it. The member’s own key would get 403: it lacks the role, and nobody decides what they
      asked for themselves.
    </p>
    ${code(String.raw`
curl -sS $API/api/v1/claims/$ID/approve -H "$COORDINATOR" -H "$JSON" \
  -d '{"comment":"Bon appétit"}'`)}

    <h2>It counts once</h2>
    <p>
      Approving again gives the same answer. Deciding otherwise is 409 <code>already_decided</code>, and
      <code>winner</code> says who was first. When many decide at the same moment, exactly one of them wins.
    </p>
    ${code(String.raw`
curl -sS $API/api/v1/claims/$ID/reject -H "$COORDINATOR" -H "$JSON" \
  -d '{"comment":"Too late"}'`)}

    <h2>See everything</h2>
    <p>One list has what waits and what was decided, whatever it is about.</p>
    ${code('curl -sS "$API/v1/approvals?limit=3" -H "$COORDINATOR"')}

    <h2>Where to go from here</h2>
    <ul>
      <li><a href="/docs/concepts">Concepts</a>: what can be asked, who decides, and what is promised.</li>
      <li>Many at once: ${op('submitClaims')}, then ${op('processBatch')}.</li>
      <li>Be told of decisions instead of asking for them: <a href="/docs/webhooks">Webhooks</a>.</li>
      <li>
        Generate a client from <a href="/openapi.json">/openapi.json</a>, or try calls out in the
        <a href="/docs">reference</a>: press <b>Authorize</b> and give it a key.
      </li>
    </ul>
  `,
}
