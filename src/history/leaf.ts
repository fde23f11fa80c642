import canonicalize from 'canonicalize'
import { sha256 } from './merkle.ts'

/** What of an event is in its leaf; as it is told, but for `data_hash`, which stands for `data` and `salt`. */
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
  const { tenant, seq, id, type, resource, actor, at, from, to, digest, vote, data_hash } = event
  return canonicalize({
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
    data_hash,
  }) as string
}

/**
 * The salted hash of an event's data, in base64: of the salt as it is written, a line feed, and the text of the data,
 * to the letter.
 */
export function dataHash(salt: string, data: string): string {
  return sha256(`${salt}\n${data}`).toBase64()
}
