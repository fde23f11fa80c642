import { env, exports } from 'cloudflare:workers'
import { sha256 } from '../../src/sha256.ts'
import type { Actor, Ctx, Role } from '../../src/context.ts'
import { createContext } from '../../src/context.ts'
import { promised } from './promised.ts'

/** What a test sends: a path, and what differs from a GET without a body. */
export interface Call {
  method?: string
  body?: unknown
  headers?: Record<string, string>
}

/** An answer, read and already held against the OpenAPI document. */
export interface Answer<T = any> {
  status: number
  headers: Headers
  body: T
  cost: { queries: number; rowsRead: number; rowsWritten: number }
}

export type Caller = <T = any>(path: string, call?: Call) => Promise<Answer<T>>

/** A tenant of the test's own, with one key per role. */
export interface Tenant {
  id: string
  /** Calls as the user `usr_<name>` with these roles (its own name where none are given). */
  as(name: string, roles?: readonly Role[]): Caller
  /** A context for calling verbs directly. */
  ctx(name: string, roles?: readonly Role[], now?: number): Ctx
  key(name: string, roles?: readonly Role[]): Promise<string>
}

let made = 0

export async function newTenant(): Promise<Tenant> {
  made += 1
  // In the order in which they are made: where a tenant is in an index changes by a row what a read costs.
  const id = `t${String(made).padStart(5, '0')}-${crypto.randomUUID().slice(0, 8)}`
  await env.DB.prepare('INSERT INTO tenants (id, name, created_at) VALUES (?, ?, 0)').bind(id, id).run()
  return tenantOf(id)
}

/** How long after its first call a key may have to be looked up again, with room: see `src/access/good-keys.ts`. */
export const trustedMs = 20_000

/** A tenant that is there already. */
export function tenantOf(id: string): Tenant {
  const keys = new Map<string, Promise<string>>()
  const firstUse = new Map<string, number>()
  /** Has a key looked up again, if its time may be over, so that the next call costs what it does with a known one. */
  const keepKnown = async (headers: { Authorization: string }) => {
    const since = firstUse.get(headers.Authorization) ?? Date.now()
    firstUse.set(headers.Authorization, since)
    if (Date.now() - since > trustedMs) await exports.default.fetch('https://countersign.test/v1/me', { headers })
  }
  const key = (name: string, roles: readonly Role[] = [name as Role]) => {
    const known = `${name}:${roles.join()}`
    const secret = keys.get(known) ?? createKey(id, name, roles)
    keys.set(known, secret)
    return secret
  }
  return {
    id,
    key,
    as: (name, roles) => async (path, call) => {
      const credentials = { Authorization: `Bearer ${await key(name, roles)}` }
      await keepKnown(credentials)
      return send(path, { ...call, headers: { ...credentials, ...call?.headers } })
    },
    ctx: (name, roles = [name as Role], now) =>
      createContext(env, { actor: actor(id, name, roles), requestId: 'test', ...(now !== undefined && { now }) }),
  }
}

function actor(tenantId: string, name: string, roles: readonly Role[]): Actor {
  return { tenantId, userId: `usr_${name}`, name, roles, instanceId: null, keyMadeBy: null }
}

/** A person, or more roles for one who is there: a key's roles are those that its person has too. */
const addRoles = `
  INSERT INTO people (tenant_id, id, name, roles, created_at, updated_at) VALUES (?, ?, ?, ?, 0, 0)
  ON CONFLICT DO UPDATE SET roles = (SELECT json_group_array(value) FROM (
    SELECT value FROM json_each(people.roles) UNION SELECT value FROM json_each(excluded.roles)))`

async function createKey(
  tenantId: string,
  name: string,
  roles: readonly Role[],
  more: { expires_at?: number; revoked_at?: number; instance_id?: string } = {},
) {
  const secret = `cs_test_${crypto.randomUUID()}`
  await env.DB.batch([
    env.DB.prepare(addRoles).bind(tenantId, `usr_${name}`, name, JSON.stringify(roles)),
    env.DB.prepare(
      `INSERT INTO api_keys (hash, id, tenant_id, person_id, name, roles, created_at, created_by, expires_at, revoked_at, instance_id)
       VALUES (?, ?, ?, ?, '', ?, 0, 'usr_setup', ?, ?, ?)`,
    ).bind(
      await sha256(secret),
      `key_${crypto.randomUUID()}`,
      tenantId,
      `usr_${name}`,
      JSON.stringify(roles),
      more.expires_at ?? null,
      more.revoked_at ?? null,
      more.instance_id ?? null,
    ),
  ])
  return secret
}

/** A key that is no longer good. */
export const spentKey = (tenant: Tenant, more: { expires_at?: number; revoked_at?: number }) =>
  createKey(tenant.id, 'spent', ['admin'], more)

/** A key that is bound to one agent instance. */
export const boundKey = (tenant: Tenant, instance_id: string, role: Role = 'service') =>
  createKey(tenant.id, `bound_${role}`, [role], { instance_id })

/** Calls with such a key. */
export async function boundTo(tenant: Tenant, instance_id: string, role: Role = 'service'): Promise<Caller> {
  const key = await boundKey(tenant, instance_id, role)
  return (path, call) => send(path, { ...call, headers: { Authorization: `Bearer ${key}`, ...call?.headers } })
}

/** Sends a request to the Worker and holds the answer against the OpenAPI document. */
export async function send<T = any>(
  path: string,
  { method = 'GET', body, headers = {} }: Call = {},
): Promise<Answer<T>> {
  const request = new Request(`https://countersign.test${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const response = await exports.default.fetch(request)
  const text = new TextDecoder().decode(await response.arrayBuffer())
  const isJson = /json(?<!ndjson)/.test(response.headers.get('Content-Type') ?? '')
  const json = text !== '' && isJson ? JSON.parse(text) : text
  await promised(method, new URL(request.url).pathname, response, json)
  const count = (unit: string) =>
    Number(new RegExp(`\\b(\\d+)${unit}\\b`).exec(response.headers.get('Server-Timing') ?? '')?.[1])
  return {
    status: response.status,
    headers: response.headers,
    body: json,
    cost: { queries: count('q'), rowsRead: count('r'), rowsWritten: count('w') },
  }
}
