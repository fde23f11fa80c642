import { openDb, type Db } from './db/open-db.ts'
import type { IdempotencyKey } from './idempotency/once.ts'
import type { Refusal } from './refusal.ts'

export const roles = ['member', 'coordinator', 'reviewer', 'admin', 'service'] as const
/** What a key may do. `admin` may do everything in its tenant. */
export type Role = (typeof roles)[number]

/** Who acts: the key's user, or one of the system's own (`system:…`). */
export interface Actor {
  tenantId: string
  userId: string
  /** What others see of the user. */
  name: string
  roles: readonly Role[]
  /** The one agent instance that a `service` key is bound to, if any. */
  instanceId: string | null
  /** Who made the key for its person: somebody else, or null. It does not vote where they asked or have voted. */
  keyMadeBy: string | null
  /** In which groups they are, as of when that was looked at: for what they see. A vote looks again. */
  groups?: readonly string[]
}

/** Everything a verb may use. Each door builds one per request, alarm or sweep. */
export interface Ctx {
  env: Env
  db: Db
  actor: Actor
  /** Milliseconds since the epoch, UTC; one reading for the whole request. */
  now: number
  requestId: string
  /** Set where the caller sent an Idempotency-Key; `once` stores it with what the verb creates. */
  idempotency: IdempotencyKey | null
  /** Whose approvals a sweep over all tenants has decided; whoever runs it tells those who wait for them. */
  decidedFor: Set<string>
  /**
   * What the door refuses in the end, unless a policy turns out to govern what the caller decides: then the policy says
   * who may, and whoever finds that out takes it away.
   */
  reserved: { refusal: Refusal | null }
  /**
   * Who the caller is by now, for what goes on after they were let in.
   *
   * @throws Refusal `unauthorized` where their key, token or person is no good any more
   */
  actorNow(): Promise<Actor>
}

/** What a context is made of, apart from the bindings. */
export type ContextParts = Pick<Ctx, 'actor' | 'requestId'> &
  Partial<Pick<Ctx, 'db' | 'now' | 'idempotency' | 'actorNow'>>

/** The context of a caller's work. Without a database of its own it opens one for writing. */
export function createContext(env: Env, parts: ContextParts): Ctx {
  const { actor, requestId, now = Date.now(), idempotency = null, actorNow = async () => actor } = parts
  const db = parts.db ?? openDb(directory(env, actor.tenantId), 'first-primary')
  const own = { decidedFor: new Set<string>(), reserved: { refusal: null } }
  return { env, db, actor, now, requestId, idempotency, actorNow, ...own }
}

/**
 * The context of work that no caller asked for: alarms and sweeps.
 *
 * @param tenantId whose work it is; '' for a sweep over all tenants of a database
 */
export function systemContext(env: Env, userId: `system:${string}`, now: number, tenantId = ''): Ctx {
  return createContext(env, {
    actor: { tenantId, userId, name: userId, roles: [], instanceId: null, keyMadeBy: null },
    requestId: crypto.randomUUID(),
    now,
  })
}

/** The database a tenant lives in. Today there is one; this is the only place that assumes so. */
export function directory(env: Env, _tenantId?: string): D1Database {
  return env.DB
}
