import type { z } from '@hono/zod-openapi'
import { quorumOf, tagAsOfNow } from '../approvals/approval.ts'
import { statusAt } from '../approvals/states.ts'
import type { Ctx } from '../context.ts'
import { json } from '../http/endpoint.ts'
import type { AppContext } from '../http/environment.ts'
import { keptText } from '../http/faults.ts'
import { jsonText } from '../http/json-text.ts'
import { setTag } from '../http/preconditions.ts'
import { withRaw } from '../http/raw-json.ts'
import { standing } from '../standing.ts'
import { iso } from '../http/time.ts'
import { capitalized, inPascalCase, spaced } from '../words.ts'
import type { StandardSchemas } from './standard.schemas.ts'
import type { ListedRequest, Request } from './standard.store.ts'
import type { Standard } from './standard.ts'

/** What the operations of a kind have in common, and the words for it. */
export function faceOf({ kind, plural }: Standard, schemas: StandardSchemas) {
  const path = `/v1/${plural}`
  const [word, words] = [spaced(kind), spaced(plural)]
  const tags = [capitalized(words)]
  return {
    path,
    about: `${path}/{id}`,
    tags,
    anybody: { tags, roles: 'any', takesBoundKeys: true } as const,
    one: (description: string) => ({ 200: { description, content: json(schemas.one) } }),
    word,
    words,
    /** With its article. */
    aWord: `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`,
    /** As they are in the names of operations. */
    Kind: inPascalCase(kind),
    Kinds: inPascalCase(plural),
  }
}

export const body = <S extends z.ZodType>(schema: S) => ({ required: true, content: json(schema) })

/** Details are hashed, and shown to people, as everybody reads them. */
export const keepsDetails = { member: 'details', isUnique: true, isExact: true }

export async function detailsOf(c: AppContext): Promise<string | null | undefined> {
  return detailsFrom(await keptText(c))
}

/** The JSON text of the details that were sent, as they will be read back; undefined where there are none. */
export function detailsFrom(sent: string | undefined): string | null | undefined {
  return sent === undefined ? undefined : textOf(JSON.parse(sent))
}

export function textOf(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}

export function answer(c: AppContext, request: Request) {
  const { now } = c.get('ctx')
  const { version } = request
  const hasLapsed = redemptionOf(request, now)?.state === 'lapsed'
  setTag(c, hasLapsed ? `${version}-lapsed` : tagAsOfNow({ version, status: statusAt(request, now) }))
  return jsonText(c, render(request, c.get('ctx')), 200)
}

export function render(request: Request, { actor, now }: Ctx): string {
  const { redemption, ...rest } = shown(request, now)
  const state = request.requester_id === actor.userId ? { state: request.state } : {}
  const result = redemption && withRaw(redemption, { result: request.result })
  const { details, approved_details } = request
  return withRaw({ ...rest, ...state }, { details, ...(rest.edited && { approved_details }), redemption: result })
}

export function shown(request: ListedRequest, now: number) {
  const { id, type, summary, requester_id, external_ref } = request
  return {
    id,
    type,
    summary,
    subject: request.subject === null ? null : (JSON.parse(request.subject) as object),
    requester_id,
    ...standing(request, now),
    ...quorumOf(request),
    redemption: redemptionOf(request, now),
    external_ref,
    restricted: request.restricted === 1,
  }
}

/** What was approved: what was asked, but for an edit. */
export function approvedOf({ digest, details, approved_digest, approved_details }: Request) {
  return approved_digest === null ? { digest, details } : { digest: approved_digest, details: approved_details }
}

function redemptionOf(
  { redeem_by, ended, ended_at, ended_by, end_comment, outcome, error, reported_at }: ListedRequest,
  now: number,
) {
  if (redeem_by === null) return null
  const [redeemed, revoked] = [ended === 'redeemed', ended === 'revoked']
  return {
    state: ended ?? (redeem_by <= now ? 'lapsed' : 'open'),
    redeem_by: iso(redeem_by),
    redeemed_at: redeemed ? iso(ended_at) : null,
    redeemed_by: redeemed ? ended_by : null,
    revoked_at: revoked ? iso(ended_at) : null,
    revoked_by: revoked ? ended_by : null,
    revoke_comment: end_comment,
    outcome,
    error,
    reported_at: iso(reported_at),
  } as const
}
