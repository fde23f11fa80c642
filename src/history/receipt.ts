import { getApproval } from '../any-approval/read-approval.ts'
import type { AnyApproval } from '../any-approval/any-approval.store.ts'
import { winnerOf } from '../approvals/approval.ts'
import type { Aftermath } from '../approvals/family.ts'
import { statusAt } from '../approvals/states.ts'
import type { CastVote } from '../approvals/votes.store.ts'
import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { signerOf } from './signing-key.ts'

/** The media type of a receipt, in its header (RFC 7515, 4.1.9). */
const typ = 'approval-receipt+jwt'

/**
 * A receipt for what became of an approval: a JWS (RFC 7515) that anybody can verify with the keys that are published,
 * also long after, and without this service.
 *
 * @param issuer where it is issued: the origin of this service
 * @throws Refusal `not_found`, `no_receipt`, `not_final`, `signing_unavailable`
 */
export async function issueReceipt(ctx: Ctx, id: string, issuer: string): Promise<string> {
  const approval = await getApproval(ctx, id)
  const status = statusAt(approval, ctx.now)
  const { became = null, final = true } = JSON.parse(approval.after ?? '{}') as Aftermath
  if (status === 'pending' || status === 'withdrawn') {
    throw new Refusal('no_receipt', `${id} is ${status}: there is no decision to give a receipt for.`)
  }
  if (!final) throw new Refusal('not_final', `${id} is approved by a batch that has not ended.`)
  const signer = await signerOf(ctx.env)
  const header = { alg: signer.alg, typ, kid: signer.kid }
  const claims = { iss: issuer, iat: Math.floor(ctx.now / 1000), ...claimsOf(ctx, approval, status, became) }
  const signed = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(claims))}`
  return `${signed}.${encode(await signer.sign(signed))}`
}

function claimsOf(ctx: Ctx, approval: AnyApproval, status: string, became: string | null) {
  const { id, kind, title, requester_id, submitted_by, revision, digest, approved_digest } = approval
  const { decided_by, decided_at } = winnerOf(approval, ctx.now)
  const approvedDigest = status === 'approved' ? (approved_digest ?? digest) : null
  return {
    sub: id,
    tenant: ctx.actor.tenantId,
    kind,
    title,
    requester: requester_id,
    submitted_by: submitted_by ?? requester_id,
    revision,
    digest,
    approved_digest: approvedDigest,
    edited: approvedDigest !== null && approvedDigest !== digest,
    status,
    became,
    decided_by,
    decided_at,
    policy_version: approval.policy_version_id,
    votes: votesOn(approval),
  }
}

/** The votes that stand, without what was said with them: what is signed cannot be erased. */
function votesOn({ all_votes, revision }: AnyApproval) {
  return (JSON.parse(all_votes) as CastVote[])
    .filter((vote) => vote.revision === revision && vote.voided_at === null)
    .toSorted((a, b) => a.voted_at - b.voted_at)
    .map(({ comment: _, voided_at: __, voted_at, ...vote }) => ({
      ...vote,
      voted_at: new Date(voted_at).toISOString(),
    }))
}

function encode(part: string | Uint8Array): string {
  const bytes = typeof part === 'string' ? new TextEncoder().encode(part) : part
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}
