import type { FlattenedJWSInput, JWSHeaderParameters } from 'jose'
import { createLocalJWKSet } from 'jose/jwks/local'
import { BoundedCache } from '../bounded-cache.ts'
import { minute, second } from '../durations.ts'
import { Refusal } from '../refusal.ts'
import { discover, fetchJson, timeoutMs } from './discovery.ts'
import type { OidcSettings } from './oidc-settings.ts'

/** How old an issuer's keys may be: one that is published no more is good for so much longer. */
const freshMs = 10 * minute
/** How long after they were fetched a key that is not among them has them fetched again, at the earliest. */
const coolDownMs = 30 * second
/** The same where they could not be fetched. */
const failedMs = 10 * second

/** The keys of an issuer, as far as this isolate knows them. */
interface KeySet {
  find: ReturnType<typeof createLocalJWKSet> | null
  fetchedAt: number
  /** Before this they are not fetched again. */
  nextAt: number
  /** Since when a request has been fetching them. */
  busySince: number | null
  hasFailed: boolean
}

const sets = new BoundedCache<KeySet>(16)

/**
 * The key that a token is signed with, by its header. Keys that are known stay good while the issuer does not answer.
 *
 * @throws Refusal `sign_in_unavailable` where it cannot be had, or what `jose` throws where there is no such key
 */
export async function signingKey(
  settings: OidcSettings,
  header: JWSHeaderParameters,
  token: FlattenedJWSInput,
): Promise<CryptoKey> {
  const from = settings.keysUrl ?? settings.issuer
  const set = sets.get(from) ?? { find: null, fetchedAt: 0, nextAt: 0, busySince: null, hasFailed: false }
  sets.set(from, set)
  if (set.find === null || Date.now() - set.fetchedAt > freshMs) await refresh(set, settings)
  if (set.find === null) throw unavailable(settings)
  try {
    return await set.find(header, token)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_JWKS_NO_MATCHING_KEY') throw error
    await refresh(set, settings)
    if (set.hasFailed) throw unavailable(settings)
    return set.find(header, token)
  }
}

/**
 * Fetches the keys, unless that was tried just now. One request does at a time; the others wait by a clock of their
 * own, because a request may not wait for what another one does.
 */
async function refresh(set: KeySet, settings: OidcSettings): Promise<void> {
  while (set.busySince !== null && Date.now() - set.busySince < 2 * timeoutMs) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  if (Date.now() < set.nextAt) return
  set.busySince = Date.now()
  try {
    set.find = createLocalJWKSet(await fetchKeys(settings))
    set.fetchedAt = Date.now()
    set.hasFailed = false
  } catch (error) {
    set.hasFailed = true
    console.error({
      message: 'the keys of the issuer could not be fetched',
      issuer: settings.issuer,
      error: String(error),
    })
  } finally {
    set.busySince = null
    set.nextAt = Date.now() + (set.hasFailed ? failedMs : coolDownMs)
  }
}

async function fetchKeys({ issuer, keysUrl }: OidcSettings): Promise<Parameters<typeof createLocalJWKSet>[0]> {
  return fetchJson(keysUrl ?? (await discover(issuer, 'jwks_uri')))
}

function unavailable({ issuer }: OidcSettings): Refusal {
  return new Refusal(
    'sign_in_unavailable',
    `The keys of ${issuer}, which issued the token, cannot be fetched just now.`,
  )
}
