import { canonicalJson } from '../canonical-json.ts'
import { sha256 } from './merkle.ts'

/**
 * What of an event is in its leaf; as it is told, but for `ids` and `data_hash`, which stand for `data` and `salt`: the
 * former for what stays of it when it is erased.
 */
export interface Sealable {
  tenant: string
  seq: number
  id: string
  type: string
  resource: string
  actor: string
  at: string
  from: string | null
  to: string
  digest: string | null
  vote: SealableVote | null
  /** JSON text. */
  ids: string
  data_hash: string
}

/** What of a vote is in the leaf of its event, besides what the event says itself. */
export interface SealableVote {
  revision: number
  stage: number
  vote: string
  decision_id: string
  counted_with: string
  voted_at: string
  reported_by: string | null
  on_behalf_of: string | null
}

/** The leaf of an event: the RFC 8785 form of what of it is sealed. */
export function leafOf(event: Sealable): string {
  const { tenant, seq, id, type, resource, actor, at, from, to, digest, vote, ids, data_hash } = event
  return canonicalJson({
    tenant,
    seq,
    id,
    type,
    resource,
    actor,
    at,
    from,
    to,
    digest,
    vote,
    ids,
    data_hash,
  })
}

/**
 * The salted hash of an event's data, in base64: of the salt as it is written, a line feed, and the text of the data,
 * to the letter.
 */
export function dataHash(salt: string, data: string): string {
  return sha256(`${salt}\n${data}`).toBase64()
}

/**
 * What of an event's data stays when that is erased: ids, numbers and digests, by which votes are found and explained.
 */
const staying = 'decision_id revision assigned approved_digest reported_by on_behalf_of created_by started_by'.split(
  ' ',
)

/**
 * The ids and numbers in an event's data, as JSON text; none where the data is no JSON any more. What a policy says is
 * no text about anybody, and stays as a whole.
 */
export function idsOf(data: string): string {
  try {
    const { policy, ...rest } = JSON.parse(data) as { policy?: object }
    const kept = JSON.parse(JSON.stringify(rest, staying)) as object
    return JSON.stringify(policy === undefined ? kept : { ...kept, policy })
  } catch {
    return '{}'
  }
}
