import { endpoint, json } from '../http/endpoint.ts'
import { keptText } from '../http/faults.ts'
import { jsonText } from '../http/json-text.ts'
import { ifMatch } from '../http/preconditions.ts'
import { withRaw } from '../http/raw-json.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { answer, approvedOf, body, faceOf } from './face.routes.ts'
import { redeemRequest, reportOutcome, revokeRequest } from './redeem.ts'
import type { StandardSchemas } from './standard.schemas.ts'
import type { Standard } from './standard.ts'

const unopened = ['not_requester', 'not_found', 'not_approved', 'already_redeemed', 'redemption_lapsed'] as const
/** What was reported is handed back as it was sent. */
export const keepsResult = { member: 'result' }

/** What becomes of something of a kind that was approved: redeem it, revoke it, report what came of it. */
export function redemptionRoutes(of: Standard, schemas: StandardSchemas) {
  const { about, anybody, one, word, Kind } = faceOf(of, schemas)
  return createRouter()
    .openapi(
      endpoint({
        ...anybody,
        method: 'post',
        path: `${about}/redeem`,
        operationId: `redeem${Kind}`,
        summary: 'Redeem an approval, once',
        description:
          'Call it right before you do what was approved, with the digest of what you are about to do, and do exactly what `details` say. With an Idempotency-Key, you can ask again if the answer was lost. For the requester, a key of the instance that asked, or a `service` key that is not bound to an instance.',
        creates: true,
        request: { params: schemas.params(4), body: body(schemas.redeeming) },
        responses: { 200: { description: 'It is yours to carry out.', content: json(schemas.redeemed) } },
        refuses: [...unopened, 'digest_mismatch'],
      }),
      async (c) => {
        const redeemed = await redeemRequest(c.get('ctx'), of, c.req.valid('param').id, c.req.valid('json').digest)
        const { id, ended_at } = redeemed
        const { digest, details } = approvedOf(redeemed)
        return jsonText(c, withRaw({ id, digest, redeemed_at: iso(ended_at) }, { details }), 200)
      },
    )
    .openapi(
      endpoint({
        ...anybody,
        method: 'post',
        tagged: true,
        path: `${about}/revoke`,
        operationId: `revoke${Kind}`,
        summary: 'Revoke an approval that has not been redeemed',
        description:
          'For the requester and, under a policy, those who approved it; without one, anybody who may decide it.',
        request: { params: schemas.params(5), body: body(schemas.revocation) },
        responses: one(`The ${word}, its approval revoked.`),
        refuses: [...unopened, 'precondition_failed'],
      }),
      async (c) => {
        const { comment } = c.req.valid('json')
        return answer(c, await revokeRequest(c.get('ctx'), of, c.req.valid('param').id, comment, ifMatch(c)))
      },
    )
    .openapi(
      endpoint({
        ...anybody,
        method: 'post',
        tagged: true,
        path: `${about}/outcome`,
        operationId: `report${Kind}Outcome`,
        summary: `Report what came of a redeemed ${word}`,
        description: 'Once, by whoever redeemed it. Repeating the same report gives the same answer.',
        request: { params: schemas.params(6), body: body(schemas.report) },
        keeps: keepsResult,
        responses: one(`The ${word} with its outcome.`),
        refuses: ['not_found', 'not_redeemed', 'not_redeemer', 'already_reported'],
      }),
      async (c) => {
        const { outcome, error = null } = c.req.valid('json')
        const said = { outcome, error, result: (await keptText(c)) ?? null }
        return answer(c, await reportOutcome(c.get('ctx'), of, c.req.valid('param').id, said))
      },
    )
}
