import type { ExportedEvent, SealedVote, Standing, ToldEvent } from './events.store.ts'
import { dataHash, idsOf, type Sealable } from './leaf.ts'

/** What of an event is sealed, of a row as it is now. */
export function sealableOf(tenant: string, row: ToldEvent): Sealable {
  const vote = row.vote === null ? null : (JSON.parse(row.vote) as SealedVote)
  return {
    tenant,
    seq: row.seq,
    id: row.id,
    type: row.type,
    resource: row.resource_id,
    actor: row.actor_id,
    at: isoOf(row.at),
    from: row.from_status,
    to: row.to_status,
    digest: row.digest,
    vote: vote && { ...vote, voted_at: isoOf(vote.voted_at) },
    ids: row.erased_at === null ? idsOf(row.data) : row.data,
    data_hash: row.data_hash ?? dataHash(row.salt, row.data),
  }
}

/** A line of the export: the event, its data as text, the hash of its leaf as it is sealed. */
export function exportedLine(tenant: string, row: ExportedEvent, leafHash: string | null): string {
  const { ids: _, data_hash: __, ...event } = sealableOf(tenant, row)
  const { data, salt, data_hash, erased_at, erasure, stray } = row
  const erased = erased_at === null ? {} : { data_hash, erased_at: isoOf(erased_at), erasure }
  const standing = row.standing === null ? null : (JSON.parse(row.standing) as Standing)
  return JSON.stringify({ ...event, data, salt, ...erased, standing, ...(stray && { stray }), leaf_hash: leafHash })
}

/** A time as it is told. What is none any more is told as the number that it is. */
function isoOf(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time)
}
