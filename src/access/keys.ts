import { recordIf, type Happening } from '../approvals/history.store.ts'
import { roles as allRoles, type Ctx, type Role } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { answeredBefore, onceIf } from '../idempotency/once.ts'
import { newId } from '../ids.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import { decrypt, encrypt } from '../secrets.ts'
import { sha256 } from '../sha256.ts'
import { forgetKeys } from './authenticate.ts'
import { personBehind } from './good-keys.ts'
import {
  insertKey,
  isStoredKey,
  revokeKey,
  selectApiKey,
  selectApiKeys,
  selectHolder,
  selectSelf,
  type ApiKey,
  type Holder,
} from './keys.store.ts'
import { selectPerson } from './people.store.ts'

/** A key to be made. */
export interface AskedKey {
  person_id: string
  name: string
  /** Without them, all that the person has now. */
  roles?: readonly Role[] | undefined
  /** In milliseconds. */
  expires_at?: number | undefined
  instance_id?: string | undefined
}

/** A key with its secret in plain: to be shown once. */
export type KeyWithSecret = ApiKey & { secret: string }

/** What an Idempotency-Key keeps: the secret is encrypted. */
type Kept = ApiKey & { sealed: string | null }

const unavailable = 'secrets_unavailable'

/** A new API key: 192 random bits. */
export function newKey(): string {
  return `cs_${crypto.getRandomValues(new Uint8Array(24)).toHex()}`
}

/**
 * Makes a key. Only its SHA-256 is stored; a repeated request gets the secret again from what its Idempotency-Key
 * keeps, encrypted.
 *
 * @throws Refusal `invalid_input`, `secrets_unavailable`
 */
export async function createKey(ctx: Ctx, asked: AskedKey): Promise<KeyWithSecret> {
  const roles = asked.roles ?? (await rolesOf(ctx, asked.person_id))
  const key: ApiKey = {
    id: newId('key'),
    person_id: asked.person_id,
    name: asked.name,
    roles: JSON.stringify(roles),
    instance_id: asked.instance_id ?? null,
    created_at: ctx.now,
    created_by: ctx.actor.userId,
    expires_at: asked.expires_at ?? null,
    revoked_at: null,
    last_used_on: null,
  }
  const { id, person_id, instance_id } = key
  const secret = newKey()
  const { WEBHOOK_SECRET_KEY } = ctx.env
  const sealed = ctx.idempotency && (await encrypt(WEBHOOK_SECRET_KEY, id, secret, unavailable))
  const expires_at = key.expires_at === null ? null : new Date(key.expires_at).toISOString()
  const data = { person_id, roles, instance_id, expires_at }
  const created: Happening = { type: 'key.created', resourceId: id, from: null, to: 'active', data }
  const isLate = asked.expires_at !== undefined && asked.expires_at <= ctx.now
  const kept = isLate
    ? await answeredBefore<Kept>(ctx)
    : await onceIf<Kept>(
        ctx,
        { ...key, sealed },
        [insertKey(ctx, key, await sha256(secret)), recordIf(ctx, [created], isStoredKey(id))],
        isStoredKey(id),
      )
  if (!kept) {
    const faults = await keyFaults(ctx, asked)
    if (faults.length > 0) throw invalidInput(faults)
    throw new Refusal('storage_unavailable', `${person_id} was being changed just now; try again.`)
  }
  forgetKeys()
  if (kept.id === id) return { ...key, secret }
  return { ...kept, secret: await decrypt(WEBHOOK_SECRET_KEY, kept.id, kept.sealed ?? '', unavailable) }
}

/** What is wrong with a key to be made that only the clock and what is stored tell. */
export async function keyFaults(ctx: Ctx, { person_id, roles = [], expires_at }: Partial<AskedKey>): Promise<Fault[]> {
  const fault = (pointer: string, message: string): Fault => ({ in: 'body', pointer, message, type: 'value_error' })
  const faults =
    expires_at !== undefined && expires_at <= ctx.now ? [fault('/expires_at', 'must be in the future')] : []
  if (person_id === undefined) return faults
  const [person] = await ctx.db.run(selectPerson(ctx, person_id))
  if (!person) return [fault('/person_id', `there is no person ${person_id}`), ...faults]
  const has = JSON.parse(person.roles) as Role[]
  const lacking = roles.flatMap((role, index) =>
    has.includes(role) ? [] : [fault(`/roles/${index}`, `${person_id} does not have the role ${role}`)],
  )
  return [...lacking, ...faults]
}

/**
 * Revokes a key; one that is revoked stays so.
 *
 * @throws Refusal `not_found`, `last_admin_key`
 */
export async function endKey(ctx: Ctx, id: string): Promise<ApiKey> {
  const {
    key: [key],
  } = await ctx.db.batch({ revoked: revokeKey(ctx, id), key: selectApiKey(ctx, id) })
  forgetKeys()
  if (!key) throw new Refusal('not_found', `There is no key ${id}.`)
  if (key.revoked_at === null)
    throw new Refusal(
      'last_admin_key',
      `${id} is the last admin key; make another first, one that lasts at least as long.`,
    )
  return key
}

/** @throws Refusal `not_found` */
export async function getKey(ctx: Ctx, id: string): Promise<ApiKey> {
  const [key] = await ctx.db.run(selectApiKey(ctx, id))
  if (!key) throw new Refusal('not_found', `There is no key ${id}.`)
  return key
}

export async function listKeys(ctx: Ctx, page: PageRequest): Promise<Page<ApiKey>> {
  const rows = await ctx.db.run(selectApiKeys(ctx, page))
  return pageOf(rows, page, null, (key) => key)
}

/** Whose key, or token, a caller has sent. @throws Refusal `unauthorized` where it is gone just now */
export async function whoAmI(ctx: Ctx, keyId: string): Promise<Holder> {
  const personId = personBehind(ctx, keyId)
  const [holder] = await ctx.db.run(personId === null ? selectHolder(ctx, keyId) : selectSelf(ctx, personId))
  if (!holder) throw new Refusal('unauthorized', 'The key is gone.')
  return holder
}

async function rolesOf(ctx: Ctx, personId: string): Promise<Role[]> {
  const [person] = await ctx.db.run(selectPerson(ctx, personId))
  return person ? (JSON.parse(person.roles) as Role[]) : [...allRoles]
}
