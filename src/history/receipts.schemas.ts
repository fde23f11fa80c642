import { z } from '@hono/zod-openapi'

export const receiptSchema = z
  .object({
    receipt: z.string().openapi({
      description:
        'A JWS (RFC 7515) in its compact form: `alg` EdDSA, `typ` approval-receipt+jwt, `kid` one of the keys of ' +
        '`/.well-known/jwks.json`. Its claims: `iss`, `iat`, `sub` (the approval), `tenant`, `kind`, `title`, `requester`, ' +
        '`submitted_by`, `revision`, `digest`, `approved_digest`, `edited`, `status`, `became` (`lapsed` or `revoked` since), ' +
        '`decided_by`, `decided_at`, `policy_version` and `votes`.',
    }),
  })
  .openapi('Receipt', {
    example: {
      receipt: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImFwcHJvdmFsLXJlY2VpcHQrand0Iiwia2lkIjoi….eyJpc3MiOiJodHRwczov….x1…',
    },
  })

const member = z.string()

export const keysSchema = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('OKP').openapi({ example: 'OKP' }),
        crv: z.literal('Ed25519').openapi({ example: 'Ed25519' }),
        x: member.openapi({ example: 'RHvgYBZa_Jnz8LuhO92YowcBdOi35fGQJNhIGyn31is' }),
        kid: member.openapi({ example: 'mYkB8u2XQ3S5Yh8c7lHqf0k2o3v1n4p5r6t7w8y9z0A' }),
        alg: z.literal('EdDSA').openapi({ example: 'EdDSA' }),
        use: z.literal('sig').openapi({ example: 'sig' }),
      }),
    ),
  })
  .openapi('SigningKeys')
