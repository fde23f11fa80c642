import { z } from '@hono/zod-openapi'
import type { Actor, Ctx } from '../context.ts'
import { answeredBefore, type IdempotencyKey } from '../idempotency/once.ts'
import { invalidInput, type Fault } from '../refusal.ts'
import { sha256 } from '../sha256.ts'
import type { Declaration } from './endpoint.ts'
import type { AppContext } from './environment.ts'
import { refuseOverRate } from './rate.ts'

/** Printable ASCII, bare or between quotes. */
const pattern = /^(?!""$)("[ -~]{1,255}"|[ -~]{1,255})$/

export const idempotencyKey = z.string().regex(pattern, 'must be 1 to 255 printable ASCII characters')

/** `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): quoted as the draft has it, or bare. */
export const IdempotencyHeader = z.object({
  'idempotency-key': idempotencyKey.optional().openapi({
    description:
      '1–255 characters, quoted or bare; kept for 24 hours. The same key with the same body, compared byte for byte, gets the first answer again.',
  }),
})

/** Hands the caller's key to the verb, which stores it with what it creates. */
export async function takeKey(c: AppContext): Promise<void> {
  const header = c.req.header('Idempotency-Key')
  // A malformed key is refused together with whatever else is wrong.
  if (header !== undefined && pattern.test(header)) await useKey(c, header.replace(/^"(.*)"$/, '$1'))
  else if (!c.get('endpoint')?.sharesKeys) refuseOverRate(c)
}

/** Takes a key that came as a member of the body. @throws Refusal `invalid_input` where the header has another */
export async function bodyKey(c: AppContext, key: string | undefined): Promise<void> {
  const { idempotency } = c.get('ctx')
  if (key === undefined && !idempotency) refuseOverRate(c)
  if (key === undefined || key === idempotency?.key) return
  const faults = bodyKeyFaults(c.get('ctx'), key)
  if (faults.length > 0) throw invalidInput(faults)
  await useKey(c, key)
}

/** The fault of a key in the body that differs from the one in the header. */
export function bodyKeyFaults({ idempotency }: Ctx, key: unknown): Fault[] {
  if (!idempotency || key === idempotency.key || key === undefined || key === null) return []
  const message = 'must be the same as the Idempotency-Key header'
  return [{ in: 'body', pointer: '/idempotency_key', message, type: 'value_error' }]
}

async function useKey(c: AppContext, key: string): Promise<void> {
  const endpoint = c.get('endpoint') as Declaration
  const { actor } = c.get('ctx')
  const sender = endpoint.sharesKeys ? { userId: '', instanceId: null } : actor
  // A body that the operation does not declare is never read.
  const used = await boundKey(key, sender, canonicalPath(endpoint, c.req.param()), c.get('body')?.text ?? '')
  c.set('ctx', { ...c.get('ctx'), idempotency: used })
  if (c.get('isOverRate') && (await answeredBefore(c.get('ctx'))) === null) refuseOverRate(c)
}

/** A key with what it is bound to: what was answered to one instance is not for another, even of the same user. */
export async function boundKey(
  key: string,
  { userId, instanceId }: Pick<Actor, 'userId' | 'instanceId'>,
  path: string,
  body: string,
): Promise<IdempotencyKey> {
  const through = instanceId === null ? '' : ` through ${instanceId.toLowerCase()}`
  return { key, userId, path: path + through, fingerprint: await sha256(body), replayed: false }
}

/** The path with its parameters normalised: one operation on one thing has one path, however it was written. */
function canonicalPath({ path, request }: Declaration, given: Record<string, string>): string {
  const params: Record<string, unknown> = request?.params?.safeParse(given).data ?? given
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])))
}
