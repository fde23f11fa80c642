import { z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { sha256 } from '../access/authenticate.ts'
import { invalidInput, type Fault } from '../refusal.ts'
import type { AppContext, AppEnv } from './environment.ts'

/** `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): quoted as the draft has it, or bare. */
export const IdempotencyHeader = z.object({
  'idempotency-key': z.string().optional().openapi({
    description:
      '1–255 characters, quoted or bare; kept for 24 hours. The same key with the same body gets the first answer again.',
    example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
  }),
})

/** Hands the caller's key to the verb, which stores it with what it creates, and says when an answer is a replay. */
export function idempotency() {
  return createMiddleware<AppEnv>(async function idempotency(c, next) {
    const header = c.req.header('Idempotency-Key')
    if (header !== undefined)
      await useKey(c, header.replace(/^"(.*)"$/, '$1'), { in: 'header', pointer: '/idempotency-key' })
    await next()
    if (c.get('ctx').idempotency?.replayed) c.header('Idempotency-Replayed', 'true')
  })
}

/** Takes a key that came as a member of the body, unless the header brought one. */
export async function bodyKey(c: AppContext, key: string | undefined): Promise<void> {
  if (key !== undefined && !c.get('ctx').idempotency) await useKey(c, key, { in: 'body', pointer: '/idempotency_key' })
}

async function useKey(c: AppContext, key: string, where: Pick<Fault, 'in' | 'pointer'>): Promise<void> {
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw invalidInput([{ ...where, message: 'must be 1 to 255 printable ASCII characters' }])
  }
  const fingerprint = await sha256(await c.req.text())
  const used = { key, path: c.req.path.replace(/\/+$/, ''), fingerprint, replayed: false }
  c.set('ctx', { ...c.get('ctx'), idempotency: used })
}
