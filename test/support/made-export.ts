// Writes an export of a history that never was, as long as asked for: of every second event a vote.
//
//   node --js-base-64 test/support/made-export.ts 1000000 > history.ndjson
import { once } from 'node:events'
import { developmentKey } from '../../scripts/development-key.ts'
import { signCheckpoint } from '../../src/history/checkpoint.ts'
import { leafOf } from '../../src/history/leaf.ts'
import { leafHash, rootOf } from '../../src/history/merkle.ts'
import { publicKeys, signerOf } from '../../src/history/signing-key.ts'
import { Tiles } from '../../src/history/tiles.ts'
import { exportedLine, sealableOf } from '../../src/history/told.ts'

const size = Number(process.argv[2])
const env = { HISTORY_SIGNING_KEY: developmentKey } as Env
const origin = 'countersign/acme/0'
const tiles = new Tiles()

for (let from = 0; from < size; from += 1_000) {
  const rows = Array.from({ length: Math.min(1_000, size - from) }, (_, index) => rowOf(from + index + 1))
  const hashes = rows.map((row) => leafHash(leafOf(sealableOf('acme', row))))
  tiles.append(from, hashes)
  const lines = rows.map((row, index) => `${exportedLine('acme', row, hashes[index]!.toBase64())}\n`)
  if (!process.stdout.write(lines.join(''))) await once(process.stdout, 'drain')
}
const root = rootOf(tiles, size).toBase64()
const checkpoint = await signCheckpoint({ origin, size, root }, await signerOf(env))
process.stdout.write(`${JSON.stringify({ checkpoint, keys: publicKeys(env) })}\n`)

function rowOf(seq: number) {
  const isVote = seq % 2 === 0
  const decision_id = `dec_${seq}`
  const vote = { revision: 1, stage: 0, vote: 'approve', decision_id, counted_with: '{"groups":[],"roles":[]}' }
  const standing = { comment: 'Fine', requirement: 0, assigned: null, voided_at: 0, ended_at: null, follows: 0 }
  return {
    seq,
    id: `evt_${seq}`,
    type: isVote ? 'claim.approved' : 'claim.submitted',
    resource_id: `clm_${Math.ceil(seq / 2)}`,
    actor_id: isVote ? 'usr_coordinator' : 'usr_member',
    at: seq,
    from_status: isVote ? 'pending' : null,
    to_status: isVote ? 'approved' : 'pending',
    digest: '252ceefa8e5005fc433ea5226863920a994314ba95e5fb2993d9dc6e06145326',
    data: isVote ? JSON.stringify({ decision_id, comment: 'Fine' }) : '{}',
    salt: String(seq).padStart(32, '0'),
    data_hash: null,
    erased_at: null,
    vote: isVote ? JSON.stringify({ ...vote, voted_at: seq, reported_by: null, on_behalf_of: null }) : null,
    standing: isVote ? JSON.stringify(standing) : null,
    stray: null,
    erasure: null,
  }
}
