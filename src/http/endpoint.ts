import { z, type RouteConfig } from '@hono/zod-openapi'
import type { Handler } from 'hono'
import { Refusal, type Fault, type RefusalCode } from '../refusal.ts'
import { roles as allRoles, type Ctx, type Role } from '../context.ts'
import { documented } from './documented.ts'
import type { AppContext, AppEnv } from './environment.ts'
import { validate } from './faults.ts'
import { IdempotencyHeader, takeKey } from './idempotency.ts'
import { readJson } from './input.ts'
import { withinReach } from './pagination.ts'
import { IfMatchHeader } from './preconditions.ts'
import { refuseOverRate } from './rate.ts'
import type { Kept } from './raw-json.ts'

/** An operation as its routes file declares it. */
export interface Declaration {
  method: 'get' | 'post' | 'put' | 'delete' | 'patch'
  path: string
  operationId: string
  tags: string[]
  summary: string
  description?: string
  /** Roles of which a key must have one; `any` for any of the five. */
  roles: readonly Role[] | 'any'
  request?: {
    params?: z.ZodObject
    query?: z.ZodObject
    headers?: z.ZodObject
    body?: { required?: boolean; content: { 'application/json': { schema: z.ZodType } } }
  }
  /** The member of its body that it keeps as it was sent; `keptText` reads it. */
  keeps?: Kept
  /**
   * Finds the faults that only what is stored tells. The verb refuses them by itself; this is asked only where the
   * request has faults already, so that one answer lists all of them. Never throws a refusal.
   */
  further?: Further
  /** Whether it creates something: then it takes an Idempotency-Key. */
  creates?: boolean
  /** Whether an Idempotency-Key is the tenant's, whoever sends it, and may also come in the body (`bodyKey`). */
  sharesKeys?: boolean
  /** Whether its answer has an ETag; so has that of each operation that takes If-Match, but for one that says false. */
  tagged?: boolean
  /** Whether a policy may let somebody decide by it who has none of the roles. */
  yieldsToPolicies?: boolean
  /** Whether it takes keys that are bound to an agent instance although it is not one of that instance's operations. */
  takesBoundKeys?: boolean
  responses: RouteConfig['responses']
  /** How faults of the input are shown: as a problem, or as FastAPI does (`{"detail":[{loc,msg,type}]}`). */
  faults?: 'problem' | 'fastapi'
  /** What it may refuse, beyond what every endpoint may. */
  refuses?: readonly RefusalCode[]
}

export type Further = (ctx: Ctx, sent: Sent) => Promise<Fault[]>

/** A request as it came: nothing in it has been validated. */
export interface Sent {
  params: Record<string, string>
  body: unknown
}

/** The `content` of a JSON body or answer of this shape. */
export function json<S extends z.ZodType>(schema: S) {
  return { 'application/json': { schema } }
}

const noQuery = z.strictObject({})

/**
 * Completes a declared operation: authentication, the role check, the reading of the body and the idempotency key come
 * before its handler; the OpenAPI document gets their parameters and every refusal with its status. What its requests
 * have to be is put together when it is first asked for.
 */
export function endpoint<const E extends Declaration>(declared: E) {
  const { method, path } = declared
  let made: Declaration | undefined
  const completed = () => (made ??= { ...declared, request: requestOf(declared) })
  const route = {
    method,
    path,
    get request() {
      return completed().request
    },
    through: (c: AppContext, handler: Handler<AppEnv>) => answered(c, completed(), handler),
    ...documented(declared),
  }
  return route as unknown as Pick<E, 'method' | 'path' | 'request' | 'responses'>
}

/** What a request has to be: as declared, and as each that creates, or takes If-Match, or has a query. */
function requestOf({ creates, refuses, request }: Declaration): Declaration['request'] {
  const headers = {
    ...(creates && IdempotencyHeader.shape),
    ...(refuses?.includes('precondition_failed') && IfMatchHeader.shape),
    ...request?.headers?.shape,
  }
  return {
    ...request,
    query: request?.query ? withinReach(request.query.strict()) : noQuery,
    ...(Object.keys(headers).length > 0 && { headers: z.object(headers) }),
  }
}

/** What a request passes before it comes to its handler, and its answer afterwards. */
async function answered(c: AppContext, declared: Declaration, handler: Handler<AppEnv>): Promise<Response> {
  c.set('endpoint', declared)
  const { reserved } = c.get('ctx')
  admit(c, declared)
  try {
    const { body } = declared.request ?? {}
    if (body) c.set('body', await readJson(c, body.required ?? false, body.content['application/json'].schema))
    if (declared.creates) await takeKey(c)
    await validate(c, declared.request)
    const answer: Response = await handler(c, nobodyElse)
    if (reserved.refusal) throw reserved.refusal
    if (c.get('ctx').idempotency?.replayed) answer.headers.set('Idempotency-Replayed', 'true')
    return answer
  } catch (error) {
    // What went wrong on our side is said, and logged, also to whom it would be refused.
    throw (error instanceof Refusal && reserved.refusal) || error
  }
}

/** Who comes after a handler. */
const nobodyElse = () => Promise.resolve()

/** @throws Refusal `forbidden`, unless a policy may yet say otherwise: then it is reserved */
function admit(c: AppContext, declared: Declaration): void {
  const { creates, operationId, yieldsToPolicies } = declared
  if (!creates) refuseOverRate(c)
  const { actor, reserved } = c.get('ctx')
  const roles = declared.roles === 'any' ? allRoles : declared.roles
  if (!actor.roles.includes('admin') && !roles.some((role) => actor.roles.includes(role))) {
    const needed = roles.length === 1 ? `the role ${roles[0]}` : `one of the roles ${roles.join(', ')}`
    reserved.refusal = new Refusal('forbidden', `${operationId} requires ${needed}.`, { roles })
    if (!yieldsToPolicies) throw reserved.refusal
  }
  if (actor.instanceId !== null) withinInstance(c, declared, actor.instanceId)
}

/** A key that is bound to an agent instance reaches what lies below it, and what says that it takes such keys. */
function withinInstance(c: AppContext, { path, operationId, takesBoundKeys }: Declaration, instanceId: string): void {
  if (takesBoundKeys) return
  if (!path.startsWith('/internal/v1/instances/{instance_id}/')) {
    const detail = `This key is bound to the instance ${instanceId}, and ${operationId} is not one of its operations.`
    throw new Refusal('forbidden', detail)
  }
  const named = c.req.param('instance_id') ?? ''
  if (named.toLowerCase() !== instanceId.toLowerCase()) {
    throw new Refusal('not_found', `There is no instance ${named}.`)
  }
}
