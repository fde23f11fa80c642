import type { Ctx } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { day } from '../durations.ts'
import { onceIf } from '../idempotency/once.ts'
import { newId } from '../ids.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import { forgetSilence } from './announce.ts'
import { failPending, takeEvents } from './deliveries.store.ts'
import { urlFault } from './endpoint-url.ts'
import {
  hasSecret,
  insertEndpoint,
  isStored,
  removeEndpoint,
  replaceSecret,
  selectEndpoint,
  selectEndpoints,
  selectNaming,
  updateEndpoint,
  type Endpoint,
  type EndpointChange,
  type OldSecret,
} from './endpoints.store.ts'
import { decryptSecret, encryptSecret, newSecret } from './secrets.ts'
import { tellSenders, wakeSender } from './wake-sender.ts'

/** How many endpoints a tenant may have: every event may go to each of them. */
export const mostEndpoints = 16

/** How long a replaced secret still signs beside the new one. */
const graceMs = day

/** How many events are taken, and deliveries ended, at once when an endpoint changes; its sender does the rest. */
const atOnce = 1_000

/** An endpoint with its secret in plain: to be shown once. */
export type EndpointWithSecret = Endpoint & { plainSecret: string }

/**
 * Registers an endpoint. It is told what happens from now on.
 *
 * @throws Refusal `invalid_input` (its URL), `endpoint_limit`, `webhooks_unavailable`
 */
export async function createEndpoint(
  ctx: Ctx,
  asked: {
    url: string
    event_types: readonly string[]
    description: string | null
    include_restricted: boolean
    enabled: boolean
  },
): Promise<EndpointWithSecret> {
  const url = readUrl(ctx, asked.url)
  const id = newId('whe')
  const endpoint: Endpoint = {
    id,
    tenant_id: ctx.actor.tenantId,
    url,
    event_types: JSON.stringify(asked.event_types),
    description: asked.description,
    include_restricted: Number(asked.include_restricted),
    enabled: Number(asked.enabled),
    disabled_reason: asked.enabled ? null : 'by_admin',
    secret: await encryptSecret(ctx.env.WEBHOOK_SECRET_KEY, id, newSecret()),
    old_secrets: '[]',
    paused_until: null,
    version: 1,
    created_at: ctx.now,
    updated_at: ctx.now,
  }
  // The answer that the idempotency key keeps has the secret as it is stored: encrypted.
  const stored = await onceIf(ctx, endpoint, [insertEndpoint(ctx, endpoint, mostEndpoints)], isStored(id))
  if (!stored) throw new Refusal('endpoint_limit', `There are ${mostEndpoints} endpoints already.`)
  forgetSilence(ctx.actor.tenantId)
  return inPlain(ctx, stored)
}

/**
 * Changes an endpoint. A disabled one gets nothing any more, and what waited for it has failed; one enabled again is
 * told what happens from then on.
 *
 * @throws Refusal `not_found`, `invalid_input`
 */
export async function changeEndpoint(ctx: Ctx, id: string, change: EndpointChange): Promise<Endpoint> {
  const url = change.url === undefined ? undefined : readUrl(ctx, change.url)
  const changesWhatIsTold = change.enabled !== undefined || change.event_types !== undefined
  if (changesWhatIsTold) await getEndpoint(ctx, id)
  const {
    endpoint: [endpoint],
  } = await ctx.db.batch({
    taken: changesWhatIsTold ? takeEvents(ctx, id, atOnce) : undefined,
    changed: updateEndpoint(ctx, id, { ...change, url }),
    ended: change.enabled === false ? failPending(ctx, id, atOnce) : undefined,
    endpoint: selectEndpoint(ctx, id),
  })
  if (!endpoint) return missing(id)
  forgetSilence(ctx.actor.tenantId)
  await tellSenders(ctx, id)
  await wakeSender(ctx, ctx.actor.tenantId, id, 'first')
  return endpoint
}

/** Deletes an endpoint and its deliveries. @throws Refusal `not_found`, `endpoint_in_use` where something names it */
export async function deleteEndpoint(ctx: Ctx, id: string): Promise<void> {
  const {
    removed,
    endpoint: [endpoint],
    naming,
  } = await ctx.db.batch({
    removed: removeEndpoint(ctx, id),
    endpoint: selectEndpoint(ctx, id),
    naming: selectNaming(ctx, id),
  })
  if (removed.length > 0) return tellSenders(ctx, id)
  if (!endpoint) return missing(id)
  const byWhat = Map.groupBy(naming, ({ what }) => what)
  const ids = [...byWhat].map(([what, those]) => [what, those.map((one) => one.id)] as const)
  const named = ids.map(([what, those]) => `the ${what} ${those.join(', ')}`).join(', and ')
  throw new Refusal('endpoint_in_use', `${id} is named by ${named}.`, Object.fromEntries(ids))
}

/**
 * Gives an endpoint a new secret. Earlier ones go on signing beside it for another day.
 *
 * @throws Refusal `not_found`, `webhooks_unavailable`
 */
export async function rotateSecret(ctx: Ctx, id: string): Promise<EndpointWithSecret & { validUntil: number }> {
  const secret = await encryptSecret(ctx.env.WEBHOOK_SECRET_KEY, id, newSecret())
  const validUntil = ctx.now + graceMs
  const rotated = await onceIf(
    ctx,
    { secret, validUntil },
    [replaceSecret(ctx, id, secret, validUntil)],
    hasSecret(id, secret),
  )
  const endpoint = await getEndpoint(ctx, id)
  if (!rotated) return missing(id)
  await tellSenders(ctx, id)
  return { ...(await inPlain(ctx, { ...endpoint, secret: rotated.secret })), validUntil: rotated.validUntil }
}

/** @throws Refusal `not_found` */
export async function getEndpoint(ctx: Ctx, id: string): Promise<Endpoint> {
  const [endpoint] = await ctx.db.run(selectEndpoint(ctx, id))
  return endpoint ?? missing(id)
}

export async function listEndpoints(ctx: Ctx, page: PageRequest): Promise<Page<Endpoint>> {
  const rows = await ctx.db.run(selectEndpoints(ctx, page))
  return pageOf(rows, page, 0, (endpoint) => endpoint)
}

/** The secrets that sign now, in plain: the current one, and replaced ones that are still valid. */
export async function signingSecrets(env: Env, endpoint: Endpoint, now: number): Promise<string[]> {
  const old = (JSON.parse(endpoint.old_secrets) as OldSecret[]).filter(({ until }) => until > now)
  const plain = (secret: string) => decryptSecret(env.WEBHOOK_SECRET_KEY, endpoint.id, secret)
  // An old one that was stored under a lost key signs no more; the current one must.
  const readable = await Promise.allSettled(old.map(({ secret }) => plain(secret)))
  return [await plain(endpoint.secret), ...readable.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))]
}

async function inPlain(ctx: Ctx, endpoint: Endpoint): Promise<EndpointWithSecret> {
  const plainSecret = await decryptSecret(ctx.env.WEBHOOK_SECRET_KEY, endpoint.id, endpoint.secret)
  return { ...endpoint, plainSecret }
}

/** The URL as the parser writes it. */
function readUrl(ctx: Ctx, url: string): string {
  const faults = urlFaults(ctx, url)
  if (faults.length > 0) throw invalidInput(faults)
  return new URL(url).href
}

/** Why the URL of an endpoint is refused. */
export function urlFaults(ctx: Ctx, url: string): Fault[] {
  const message = urlFault(url, ctx.env.WEBHOOKS_ALLOW_LOOPBACK === 'on')
  return message === null ? [] : [{ in: 'body', pointer: '/url', message, type: 'value_error' }]
}

function missing(id: string): never {
  throw new Refusal('not_found', `There is no webhook endpoint ${id}.`)
}
