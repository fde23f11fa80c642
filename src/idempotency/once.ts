import type { Ctx } from '../context.ts'
import { isDuplicate } from '../db/failures.ts'
import type { Condition, Statement } from '../db/open-db.ts'
import { Refusal } from '../refusal.ts'
import { selectAnswer, selectWhether, takeKey } from './idempotency.store.ts'

/** An `Idempotency-Key` as the caller sent it (draft-ietf-httpapi-idempotency-key-header), with what it is bound to. */
export interface IdempotencyKey {
  key: string
  /** Whose it is: the same key sent by another user is another key; '' for a key of the tenant, whoever sends it. */
  userId: string
  /**
   * The path it was sent to, in its one canonical form, and the instance that the caller is bound to: the same key on
   * another path, or of another instance, is another key.
   */
  path: string
  /** SHA-256 of the body it was first sent with. */
  fingerprint: string
  /** Set by `once` when the answer is the first one again. */
  replayed: boolean
}

/**
 * Creates something exactly once: runs the statements in one transaction, together with the caller's idempotency key
 * and the answer. A key that was used before makes the whole transaction fail, and its first answer is given again.
 *
 * @throws Refusal `idempotency_key_reused` when the key was used for another body
 */
export async function once<T>(ctx: Ctx, answer: T, statements: readonly Statement[]): Promise<T> {
  if (!ctx.idempotency) {
    await ctx.db.batch({ statements })
    return answer
  }
  try {
    await ctx.db.batch({ taken: takeKey(ctx, ctx.idempotency, answer), statements })
    return answer
  } catch (error) {
    if (!isDuplicate(error, 'idempotency_keys')) throw error
    const first = await recall<T>(ctx, ctx.idempotency)
    if (first === null)
      throw new Refusal('storage_unavailable', 'The first request with this key is just expiring; try again.')
    return first
  }
}

/**
 * As `once`, for a creation that the transaction itself may refuse: the key is spent only where `happened` holds
 * after the statements.
 *
 * @returns null where it did not happen, now or under this key before; the caller finds out why
 */
export async function onceIf<T>(
  ctx: Ctx,
  answer: T,
  statements: readonly Statement[],
  happened: Condition,
): Promise<T | null> {
  const { idempotency } = ctx
  try {
    const { holds } = await ctx.db.batch({
      statements,
      taken: idempotency ? takeKey(ctx, idempotency, answer, happened) : undefined,
      holds: selectWhether(ctx, happened),
    })
    if (holds.length > 0) return answer
  } catch (error) {
    if (!idempotency || !isDuplicate(error, 'idempotency_keys')) throw error
  }
  return idempotency ? recall<T>(ctx, idempotency) : null
}

/**
 * The first answer under the caller's key, if it was used before: for a verb that finds a reason to refuse before it
 * comes to `once`. What was done once is answered so, whatever has changed since.
 *
 * @throws Refusal `idempotency_key_reused`
 */
export async function answeredBefore<T>(ctx: Ctx): Promise<T | null> {
  return ctx.idempotency ? recall<T>(ctx, ctx.idempotency) : null
}

async function recall<T>(ctx: Ctx, used: IdempotencyKey): Promise<T | null> {
  const [first] = await ctx.db.run(selectAnswer(ctx, used))
  if (!first) return null
  if (first.fingerprint !== used.fingerprint) {
    throw new Refusal('idempotency_key_reused', `The key ${JSON.stringify(used.key)} was first used with another body.`)
  }
  used.replayed = true
  return JSON.parse(first.answer) as T
}
