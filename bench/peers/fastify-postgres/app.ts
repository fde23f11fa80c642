import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyError, type FastifyRequest } from 'fastify'
import { uuidv7 } from 'uuidv7'
import { authenticator, claimantOf, deciders, demandRole, sha256, submitters, type Actor } from '../access.ts'
import { nextOf, readCursor, unsaid, type Claim, type NewClaim, type Status } from '../claim.ts'
import { duplicateRef, invalidInput, keyReused, notFound, Problem, refusalOf } from '../problem.ts'
import * as schemas from './schemas.ts'
import { duplicateIn, type Store } from './store.ts'

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor
  }
}

type WithClaim = { Params: { claim_id: string }; Body: { comment?: string | null } | null }
type WithQuery = { Querystring: { limit: number; cursor?: string; status?: Status; claimant_id?: string } }
type WithKey = { Headers: { 'idempotency-key'?: string } }

/** Claims over HTTP, as Countersign has them: submit, list, read, approve, reject. */
export function createApp(store: Store) {
  const app = Fastify({
    requestIdHeader: 'x-request-id',
    genReqId: () => randomUUID(),
    ajv: { customOptions: { allErrors: true, removeAdditional: false } },
  })
  const authenticate = authenticator(store.key)

  app.decorateRequest('actor')
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('X-Request-Id', request.id).header('Cache-Control', 'no-store')
    request.actor = await authenticate(request.headers.authorization)
  })
  app.setErrorHandler<FastifyError | Problem>((error, request, reply) => {
    const problem = problemOf(error)
    if (problem.status === 500) console.error(error)
    if (problem.status === 401) void reply.header('WWW-Authenticate', 'Bearer')
    return reply.code(problem.status).type('application/problem+json').send(problem.body(request.id))
  })
  app.setNotFoundHandler(() => {
    throw new Problem(404, 'not_found', 'There is nothing here.')
  })

  const creating = {
    schema: { headers: schemas.idempotencyHeader, body: schemas.newClaim, response: { 201: schemas.claim } },
    preHandler: async ({ actor }: FastifyRequest) => demandRole(actor, submitters),
  }
  app.post<{ Body: NewClaim } & WithKey>('/api/v1/claims', creating, async ({ actor, body, headers }, reply) => {
    const key = headers['idempotency-key']
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
    reply.code(201)
    try {
      await store.insert(actor, claim, used)
      return claim
    } catch (error) {
      const constraint = duplicateIn(error)
      if (constraint === undefined) throw error
      const first = used && (await store.answer(actor, used))
      if (!first && constraint === 'claims_by_external_ref') throw duplicateRef(claim)
      if (!first) throw error
      if (first.fingerprint !== used.fingerprint) throw keyReused()
      reply.header('Idempotency-Replayed', 'true')
      return first.answer
    }
  })

  const listing = { schema: { querystring: schemas.page, response: { 200: schemas.claimList } } }
  app.get<WithQuery>('/api/v1/claims', listing, async ({ actor, query }, reply) => {
    const { limit, cursor, ...filter } = query
    const { data, total } = await store.page(actor, filter, readCursor(cursor), limit)
    const next = nextOf(query, data, limit)
    if (next !== null) reply.header('Link', `<${next}>; rel="next"`)
    return { data, pagination: { limit, total }, next }
  })

  const reading = { schema: { params: schemas.claimParams, response: { 200: schemas.claim } } }
  app.get<WithClaim>('/api/v1/claims/:claim_id', reading, async ({ actor, params }) => {
    const claim = await store.claim(actor, params.claim_id)
    if (!claim) throw notFound()
    return claim
  })

  for (const [verb, status, body] of [
    ['approve', 'approved', schemas.approval],
    ['reject', 'rejected', schemas.rejection],
  ] as const) {
    const deciding = {
      schema: { params: schemas.claimParams, body, response: { 200: schemas.claim } },
      preHandler: async ({ actor }: FastifyRequest) => demandRole(actor, deciders),
    }
    app.post<WithClaim>(`/api/v1/claims/:claim_id/${verb}`, deciding, async ({ actor, params, body }) => {
      const { claim_id } = params
      const decided = await store.decide(actor, claim_id, status, body?.comment ?? null, new Date().toISOString())
      if (decided) return decided
      const claim = await store.claim(actor, claim_id)
      if (!claim) throw notFound()
      if (claim.status === status && claim.decided_by === actor.userId) return claim
      throw refusalOf(claim, actor.userId)
    })
  }
  return app
}

function problemOf(error: FastifyError | Problem): Problem {
  if (error instanceof Problem) return error
  if (error.validation) {
    return invalidInput(
      error.validation.map(({ instancePath, message, params }) => {
        const member = params.missingProperty ?? params.additionalProperty
        return {
          pointer: member === undefined ? instancePath : `${instancePath}/${String(member)}`,
          message: message ?? '',
        }
      }),
    )
  }
  const { statusCode } = error
  if (statusCode === 400) return new Problem(400, 'invalid_json', 'The body could not be parsed as JSON.')
  if (statusCode === 413) return new Problem(413, 'body_too_large', 'The body is over 1 MiB.')
  if (statusCode === 415) return new Problem(415, 'unsupported_media_type', 'The body must be application/json.')
  return new Problem(500, 'internal_error', 'The request could not be completed.')
}
