import { createMiddleware } from 'hono/factory'
import ipaddr from 'ipaddr.js'
import { Refusal } from '../refusal.ts'
import type { AppContext, AppEnv } from './environment.ts'

/* The platform's own counters: per location and approximate, so a brake rather than an exact count. */

/**
 * Counts a call without a known key by the address it comes from, before anything is looked up.
 *
 * @throws Refusal `rate_limited`
 */
export async function countAgainstAddress(c: AppContext): Promise<void> {
  if (c.env.RATE_LIMIT === 'off') return
  const { success } = await c.env.ADDRESS_RATE_LIMITER.limit({ key: caller(c.req.header('CF-Connecting-IP')) })
  if (success) return
  const detail = 'This address has sent too many requests without a valid key within a minute.'
  throw new Refusal('rate_limited', detail)
}

/** The same for an operation that is open to everybody. */
export function limitByAddress() {
  return createMiddleware<AppEnv>(async function limitByAddress(c, next) {
    await countAgainstAddress(c)
    await next()
  })
}

/**
 * Counts a call with a valid key. A POST that is over the rate goes on as far as `refuseOverRate`, because a replay is
 * always answered; replays have a rate of their own, of the same size.
 *
 * @throws Refusal `rate_limited`
 */
export async function countAgainstKey(c: AppContext, keyId: string): Promise<void> {
  if (c.env.RATE_LIMIT === 'off') return
  const { success } = await c.env.RATE_LIMITER.limit({ key: keyId })
  if (success) return
  c.set('isOverRate', true)
  if (c.req.method !== 'POST') refuseOverRate(c)
  const again = await c.env.RATE_LIMITER.limit({ key: `${keyId}:replays` })
  if (!again.success) refuseOverRate(c)
}

/** @throws Refusal `rate_limited` where the call's key is over its rate */
export function refuseOverRate(c: AppContext): void {
  if (!c.get('isOverRate')) return
  throw new Refusal('rate_limited', 'This key has sent more requests than are allowed within a minute.')
}

/** Whom an address stands for: for IPv6 the network, because one caller has all addresses of a /64. */
function caller(address: string | undefined): string {
  if (address === undefined || !ipaddr.IPv6.isValid(address)) return address ?? 'unknown'
  return ipaddr.IPv6.parse(address).parts.slice(0, 4).join(':')
}
