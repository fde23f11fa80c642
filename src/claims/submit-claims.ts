import { digestOf } from '../approvals/digest.ts'
import { underPolicies } from '../approvals/book.ts'
import { open, type Opening } from '../approvals/open.ts'
import { actingFor } from '../access/acting-for.ts'
import type { Ctx } from '../context.ts'
import { isDuplicate } from '../db/failures.ts'
import { once } from '../idempotency/once.ts'
import { newId } from '../ids.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import { claimKind, whatIsClaimed } from './claim-kind.ts'
import { insertClaims, selectByExternalRef, type Claim, type ClaimFacts } from './claims.store.ts'

/** A claim as submitted; `claimant_id` only where it is somebody else's than the caller's. */
export type NewClaim = Pick<ClaimFacts, 'description' | 'amount' | 'currency'> &
  Partial<ClaimFacts> & { claimant_id?: string }

/** Longest title in an inbox, in code points; the whole description is on the claim. */
const titleLength = 200

/**
 * Submits claims, all or none.
 *
 * @throws Refusal `actor_mismatch`, `invalid_input` (one external_ref twice), `duplicate_external_ref`
 */
export async function submitClaims(ctx: Ctx, submitted: readonly NewClaim[]): Promise<Claim[]> {
  const claims = await Promise.all(submitted.map((claim) => newClaim(ctx, claim)))
  const faults = repeats(claims)
  if (faults.length > 0) throw invalidInput(faults)
  try {
    const claimants = [...new Set(claims.map(({ claimant_id }) => claimant_id))]
    return await underPolicies(ctx, claimants, async (book) =>
      once(ctx, claims, [
        ...(await open(ctx, book, claimKind, 'submitted', claims.map(openingOf))),
        insertClaims(ctx, claims),
      ]),
    )
  } catch (error) {
    if (!isDuplicate(error, 'claims')) throw error
    throw await duplicate(ctx, claims)
  }
}

async function newClaim(ctx: Ctx, { claimant_id, ...facts }: NewClaim): Promise<Claim> {
  const requester = actingFor(ctx.actor, claimant_id, 'claimant_id')
  const id = newId('clm')
  const claimed: ClaimFacts = { ...unsaid, ...facts }
  const question = { id, kind: claimKind.kind, revision: 1, title: titleOf(claimed), requester }
  return {
    id,
    claimant_id: requester,
    digest: await digestOf({ ...question, what: whatIsClaimed(claimed) }),
    submitted_by: ctx.actor.userId,
    status: 'pending',
    bulk_id: null,
    policy_version_id: null,
    votes_needed: 1,
    votes_for: 0,
    decided_by: null,
    decided_at: null,
    comment: null,
    version: 1,
    created_at: ctx.now,
    updated_at: ctx.now,
    ...claimed,
  }
}

function openingOf(claim: Claim): Opening {
  const { id, claimant_id: requester_id, digest } = claim
  return { id, title: titleOf(claim), requester_id, what: whatIsClaimed(claim), digest }
}

function titleOf({ description }: ClaimFacts): string {
  return description.length <= titleLength ? description : [...description].slice(0, titleLength).join('')
}

const unsaid = { expense_type: null, incurred_on: null, distance_km: null, receipt_url: null, external_ref: null }

/** Which references are given twice. */
export function repeats(claims: readonly { external_ref?: string | null }[]): Fault[] {
  const seen = new Map<string, number>()
  const faults: Fault[] = []
  for (const [index, { external_ref: ref }] of claims.entries()) {
    if (typeof ref !== 'string') continue
    const first = seen.get(ref)
    if (first === undefined) seen.set(ref, index)
    else
      faults.push({ in: 'body', pointer: `/claims/${index}/external_ref`, message: `repeats that of /claims/${first}` })
  }
  return faults
}

async function duplicate(ctx: Ctx, claims: readonly Claim[]): Promise<Refusal> {
  const refs = claims.flatMap((claim) => claim.external_ref ?? [])
  const existing = await ctx.db.run(selectByExternalRef(ctx, refs))
  const [first] = existing
  return new Refusal(
    'duplicate_external_ref',
    `external_ref ${JSON.stringify(first?.external_ref)} is that of ${first?.claim_id}.`,
    {
      existing,
    },
  )
}
