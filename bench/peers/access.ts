import { createHash } from 'node:crypto'
import { Problem } from './problem.ts'

/** Who sends a request. */
export interface Actor {
  tenantId: string
  userId: string
  roles: readonly string[]
}

/** What is stored of a key. */
export interface StoredKey {
  tenant_id: string
  person_id: string
  roles: readonly string[]
}

/** How long a key is trusted after it was read. */
const trustMs = 25_000

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/**
 * Finds out by its API key who sends a request, as Countersign does: the key's SHA-256 is looked up, and remembered.
 *
 * @param read looks a hash up, where the key is neither revoked nor expired
 */
export function authenticator(read: (hash: string) => Promise<StoredKey | undefined> | StoredKey | undefined) {
  const known = new Map<string, { actor: Actor; readAt: number }>()
  return async function authenticate(authorization: string | undefined): Promise<Actor> {
    const key = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
    if (key === undefined) throw new Problem(401, 'unauthorized', 'Send Authorization: Bearer <key>.')
    const hash = sha256(key)
    const remembered = known.get(hash)
    if (remembered && Date.now() - remembered.readAt < trustMs) return remembered.actor
    const stored = await read(hash)
    if (!stored) throw new Problem(401, 'unauthorized', 'The API key is unknown, expired or revoked.')
    const actor = { tenantId: stored.tenant_id, userId: stored.person_id, roles: stored.roles }
    known.set(hash, { actor, readAt: Date.now() })
    return actor
  }
}

/** @throws Problem 403 where the actor has none of these roles */
export function demandRole(actor: Actor, roles: readonly string[]): void {
  if (!actor.roles.some((role) => roles.includes(role)))
    throw new Problem(403, 'forbidden', `This takes one of the roles ${roles.join(', ')}.`)
}

export const submitters = ['member', 'coordinator', 'reviewer', 'admin', 'service'] as const
export const deciders = ['coordinator', 'admin'] as const

/** Whose claim it is: the caller's own, or anybody's where the key has `admin` or `service`. */
export function claimantOf({ userId, roles }: Actor, claimantId: string | undefined): string {
  if (claimantId === undefined || claimantId === userId) return userId
  if (roles.includes('admin') || roles.includes('service')) return claimantId
  throw new Problem(403, 'actor_mismatch', 'Only a key with admin or service names another claimant.')
}
