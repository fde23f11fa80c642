import type { PagePart, Shown } from '../approvals/family.ts'
import { fact, Fact, Facts, LongText, money, SafeLink } from '../desk/parts.tsx'
import { say } from '../desk/wording.ts'
import { briefOfClaim, type ClaimFacts } from './claims.store.ts'

/** A claim: the amount, what for, and the receipt. */
export const claimPage: PagePart = {
  brief: {
    select: briefOfClaim,
    of: ({ amount, currency }: Pick<ClaimFacts, 'amount' | 'currency'>) => money(amount, currency),
  },
  draw({ facts }: Shown) {
    const claim = facts as unknown as ClaimFacts
    return (
      <Facts>
        <Fact label={say.labels.amount}>
          <strong class="amount">{money(claim.amount, claim.currency)}</strong>
        </Fact>
        <Fact label={say.labels.for}>
          <LongText text={claim.description} />
        </Fact>
        {fact(say.labels.type, claim.expense_type)}
        {fact(say.labels.on, claim.incurred_on)}
        {fact(say.labels.distance, claim.distance_km === null ? null : `${claim.distance_km} km`)}
        <Fact label={say.labels.receipt}>
          {claim.receipt_url ? <SafeLink url={claim.receipt_url} /> : say.labels.none}
        </Fact>
        {fact(say.labels.reference, claim.external_ref)}
      </Facts>
    )
  },
}
