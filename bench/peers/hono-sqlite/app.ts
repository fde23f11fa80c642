import { randomUUID } from 'node:crypto'
import { zValidator } from '@hono/zod-validator'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import { uuidv7 } from 'uuidv7'
import { z } from 'zod'
import { authenticator, claimantOf, deciders, demandRole, sha256, submitters, type Actor } from '../access.ts'
import { currencies, nextOf, readCursor, statuses, unsaid, type Claim } from '../claim.ts'
import { duplicateRef, invalidInput, keyReused, notFound, Problem, refusalOf } from '../problem.ts'
import { duplicateIn, type Store } from './store.ts'

type Env = { Variables: { actor: Actor; requestId: string } }

const known = new Set(currencies)
const newClaim = z.strictObject({
  description: z.string().trim().min(1).max(1000),
  amount: z.int().min(1),
  currency: z.string().refine((code) => known.has(code), 'must be an ISO 4217 code'),
  expense_type: z.string().trim().min(1).max(50).nullish(),
  incurred_on: z.iso.date().nullish(),
  distance_km: z.number().positive().max(1_000_000).nullish(),
  receipt_url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .nullish(),
  external_ref: z.string().trim().min(1).max(200).nullish(),
  claimant_id: z.string().min(1).max(200).optional(),
})
const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[ -~]{1,255}$/)
    .optional(),
})
const comment = z.string().trim().min(1).max(2000)
const approval = z.strictObject({ comment: comment.nullish() })
const rejection = z.strictObject({ comment })
const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().optional(),
  status: z.enum(statuses).optional(),
  claimant_id: z.string().min(1).optional(),
})

const validated = <Target extends 'json' | 'query' | 'header', Schema extends z.ZodType>(
  target: Target,
  schema: Schema,
) =>
  zValidator(target, schema, (result) => {
    if (result.success) return
    throw invalidInput(
      result.error.issues.map(({ path, message }) => ({ pointer: ['', ...path.map(String)].join('/'), message })),
    )
  })

const having = (roles: readonly string[]) =>
  createMiddleware<Env>(async (c, next) => {
    demandRole(c.get('actor'), roles)
    await next()
  })

/** Claims over HTTP, as Countersign has them: submit, list, read, approve, reject. */
export function createApp(store: Store) {
  const authenticate = authenticator(store.key)
  const app = new Hono<Env>()

  app.use(async (c, next) => {
    const requestId = c.req.header('X-Request-Id') ?? randomUUID()
    c.set('requestId', requestId)
    c.header('X-Request-Id', requestId)
    c.header('Cache-Control', 'no-store')
    c.set('actor', await authenticate(c.req.header('Authorization')))
    await next()
  })
  app.use(
    bodyLimit({
      maxSize: 2 ** 20,
      onError: () => {
        throw new Problem(413, 'body_too_large', 'The body is over 1 MiB.')
      },
    }),
  )
  app.onError((error, c) => {
    const problem = problemOf(error)
    if (problem.status === 500) console.error(error)
    const headers = {
      'Content-Type': 'application/problem+json',
      ...(problem.status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    }
    return c.body(problem.body(c.get('requestId')), problem.status, headers)
  })
  app.notFound(() => {
    throw new Problem(404, 'not_found', 'There is nothing here.')
  })

  app.post(
    '/api/v1/claims',
    having(submitters),
    validated('header', idempotencyHeader),
    validated('json', newClaim),
    (c) => {
      const actor = c.get('actor')
      const body = c.req.valid('json')
      const key = c.req.valid('header')['idempotency-key']
      const used =
        key === undefined ? undefined : { path: '/api/v1/claims', key, fingerprint: sha256(JSON.stringify(body)) }
      const now = new Date().toISOString()
      const { claimant_id, ...facts } = body
      const claim: Claim = {
        ...unsaid,
        ...facts,
        claim_id: `clm_${uuidv7()}`,
        status: 'pending',
        claimant_id: claimantOf(actor, claimant_id),
        submitted_by: actor.userId,
        created_at: now,
        updated_at: now,
      }
      try {
        store.insert(actor, claim, used)
        return c.json(claim, 201)
      } catch (error) {
        const duplicate = duplicateIn(error)
        if (duplicate === 'claims') throw duplicateRef(claim)
        const first = duplicate && used && store.answer(actor, used)
        if (!first) throw error
        if (first.fingerprint !== used.fingerprint) throw keyReused()
        return c.json(first.answer, 201, { 'Idempotency-Replayed': 'true' })
      }
    },
  )

  app.get('/api/v1/claims', validated('query', page), (c) => {
    const query = c.req.valid('query')
    const { limit, cursor, ...filter } = query
    const { data, total } = store.page(c.get('actor'), filter, readCursor(cursor), limit)
    const next = nextOf(query, data, limit)
    if (next !== null) c.header('Link', `<${next}>; rel="next"`)
    return c.json({ data, pagination: { limit, total }, next })
  })

  app.get('/api/v1/claims/:claim_id', (c) => {
    const claim = store.claim(c.get('actor'), c.req.param('claim_id'))
    if (!claim) throw notFound()
    return c.json(claim)
  })

  for (const [verb, status, schema] of [
    ['approve', 'approved', approval],
    ['reject', 'rejected', rejection],
  ] as const) {
    app.post(`/api/v1/claims/:claim_id/${verb}`, having(deciders), validated('json', schema), (c) => {
      const actor = c.get('actor')
      const id = c.req.param('claim_id')!
      const { comment = null } = c.req.valid('json')
      const decided = store.decide(actor, id, status, comment, Date.now())
      if (decided) return c.json(decided)
      const claim = store.claim(actor, id)
      if (!claim) throw notFound()
      if (claim.status === status && claim.decided_by === actor.userId) return c.json(claim)
      throw refusalOf(claim, actor.userId)
    })
  }
  return app
}

function problemOf(error: Error): Problem {
  if (error instanceof Problem) return error
  if (error instanceof HTTPException && error.status === 400)
    return new Problem(400, 'invalid_json', 'The body could not be parsed as JSON.')
  return new Problem(500, 'internal_error', 'The request could not be completed.')
}
