import { underPolicies } from '../approvals/book.ts'
import { open, type Opened, type Opening } from '../approvals/open.ts'
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
  Partial<ClaimFacts> & { claimant_id?: string | null | undefined }

/** Longest title in an inbox, in code points; the whole description is on the claim. */
const titleLength = 200

/**
 * Submits claims, all or none.
 *
 * @throws Refusal `actor_mismatch`, `invalid_input` (one external_ref twice), `duplicate_external_ref`
 */
export async function submitClaims(ctx: Ctx, submitted: readonly NewClaim[]): Promise<Claim[]> {
  const claimed = submitted.map((claim) => askedWith(ctx, claim))
  const faults = repeats(claimed)
  if (faults.length > 0) throw invalidInput(faults)
  try {
    const claimants = [...new Set(claimed.map(({ claimant_id }) => claimant_id))]
    return await underPolicies(ctx, claimants, async (book) => {
      const { approvals, statements } = await open(ctx, book, claimKind, 'submitted', claimed.map(openingOf))
      const claims = approvals.map((approval, index) => claimOf(approval, claimed[index]!))
      return once(ctx, claims, [...statements, insertClaims(ctx, claims)])
    })
  } catch (error) {
    if (!isDuplicate(error, 'claims')) throw error
    throw await duplicate(ctx, claimed)
  }
}

type Asked = ClaimFacts & { id: string; claimant_id: string }

function askedWith({ actor }: Ctx, { claimant_id, ...facts }: NewClaim): Asked {
  return {
    ...unsaid,
    ...facts,
    id: newId('clm'),
    claimant_id: actingFor(actor, claimant_id, 'claimant_id'),
  }
}

function openingOf(claim: Asked): Opening {
  const { id, claimant_id: requester_id } = claim
  return { id, title: titleOf(claim), requester_id, what: whatIsClaimed(claim) }
}

function claimOf(approval: Opened, claim: Asked): Claim {
  const { status, digest, bulk_id, policy_version_id, votes_needed, votes_for, version } = approval
  const { decided_by, decided_at, comment, created_at, updated_at } = approval
  return {
    ...claim,
    submitted_by: approval.submitted_by ?? claim.claimant_id,
    status,
    digest,
    bulk_id,
    policy_version_id,
    votes_needed,
    votes_for,
    version,
    decided_by,
    decided_at,
    comment,
    created_at,
    updated_at,
  }
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
      faults.push({
        in: 'body',
        pointer: `/claims/${index}/external_ref`,
        message: `is the same as that of /claims/${first}`,
      })
  }
  return faults
}

async function duplicate(ctx: Ctx, claims: readonly Pick<Claim, 'external_ref'>[]): Promise<Refusal> {
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
