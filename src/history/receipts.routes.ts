import { createRoute } from '@hono/zod-openapi'
import { approvalParams } from '../any-approval/any-approval.schemas.ts'
import { endpoint, json } from '../http/endpoint.ts'
import { limitByAddress } from '../http/rate.ts'
import { refusing } from '../http/refusing.ts'
import { createRouter } from '../http/router.ts'
import { keysSchema, receiptSchema } from './receipts.schemas.ts'
import { issueReceipt } from './receipt.ts'
import { publicKeys } from './signing-key.ts'

/** How long others may trust the keys, in seconds: so long before it signs, a new one may be unknown to them. */
const trusted = 300

/** Receipts of approvals of any family. */
export const receiptRoutes = createRouter().openapi(
  endpoint({
    method: 'get',
    path: '/v1/approvals/{id}/receipt',
    operationId: 'getReceipt',
    takesBoundKeys: true,
    tags: ['Any approval'],
    summary: 'Get a signed receipt for the outcome of an approval',
    description:
      'For an approval that was approved or rejected, or has expired. Whoever has it can verify it with the keys at ' +
      '`/.well-known/jwks.json`, without calling this service, even after the signing key has changed.',
    roles: 'any',
    request: { params: approvalParams('req_demo4') },
    responses: { 200: { description: 'The receipt.', content: json(receiptSchema) } },
    refuses: ['not_found', 'no_receipt', 'not_final', 'signing_unavailable'],
  }),
  async (c) => {
    const receipt = await issueReceipt(c.get('ctx'), c.req.valid('param').id, new URL(c.req.url).origin)
    return c.json({ receipt }, 200)
  },
)

const keySet = createRoute({
  method: 'get',
  path: '/.well-known/jwks.json',
  operationId: 'getSigningKeys',
  tags: ['Service'],
  summary: 'The public keys of receipts and checkpoints',
  description: 'A JWK set (RFC 7517): the current key first, then those that signed before it. Needs no key.',
  security: [],
  middleware: limitByAddress(),
  responses: { 200: { description: 'The keys.', content: json(keysSchema) } },
  ...refusing(['rate_limited', 'signing_unavailable']),
})

/** The keys that receipts and checkpoints are verified with; open. */
export const keySetRoutes = createRouter().openapi(keySet, (c) => {
  c.header('Cache-Control', `public, max-age=${trusted}`)
  return c.json({ keys: publicKeys(c.env) }, 200)
})
