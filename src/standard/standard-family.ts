import { defineFamily } from '../approvals/family.ts'
import type { Ctx } from '../context.ts'
import type { Reference } from '../db/open-db.ts'
import type { Ballot } from '../approvals/rules.ts'
import { capitalized, inPascalCase, spaced } from '../words.ts'
import { askingRoutes } from './asking.routes.ts'
import { decideRequest, decisionOnRequest, withdrawRequest } from './decide.ts'
import { decisionRoutes } from './decisions.routes.ts'
import { lapseUnredeemed } from './redeem.ts'
import { redemptionRoutes } from './redemption.routes.ts'
import { aftermath, lapsedTag } from './redemption.store.ts'
import { standardPage } from './standard.page.tsx'
import { shownMembers, toldMembers, type StandardSchemas } from './standard.schemas.ts'
import { factsOfRequest, requestFacts, shownOfRequest, stateOfRequest } from './standard.store.ts'
import { whatIsRequested, type Standard } from './standard.ts'

/** What becomes of something of a standard kind, as events tell of it. */
const happenings = [
  'created',
  'amended',
  'approved',
  'rejected',
  'withdrawn',
  'expired',
  'revoked',
  'redeemed',
  'executed',
  'lapsed',
] as const

/** The family of a standard kind, with all that there is to one. */
export function standardFamily<const K extends string>(
  of: Standard & { kind: K },
  schemas: StandardSchemas,
  { text, tag }: { text: string; tag: string },
) {
  const { kind, plural, approvalId } = of
  const [Kind, title] = [inPascalCase(kind), capitalized(spaced(plural))]
  return defineFamily({
    ...of,
    idPrefixes: [approvalId],
    events: happenings.map((what) => `${kind}.${what}` as const),
    refusals: {},
    introduction: { title, text, beginWith: [`create${Kind}`, `redeem${Kind}`] },
    tags: { [title]: tag },
    shows: { object: () => shownOfRequest, members: shownMembers },
    tag: lapsedTag,
    after: aftermath,
    tells: { select: stateOfRequest, members: toldMembers },
    what: { from: requestFacts, object: factsOfRequest, of: whatIsRequested },
    decision: (ctx: Ctx, id: Reference, ballot: Ballot) => decisionOnRequest(ctx, of, id, ballot),
    approveEdited: (ctx, id, ballot, details) => decideRequest(ctx, of, id, ballot, details),
    withdrawal: (ctx, id, ifMatch, digest) => withdrawRequest(ctx, of, id, ifMatch, digest),
    isAskedByPeople: true,
    page: standardPage,
    routes: [askingRoutes(of, schemas), decisionRoutes(of, schemas), redemptionRoutes(of, schemas)],
    jobs: { [`lapse_unredeemed_${plural}`]: (ctx: Ctx) => lapseUnredeemed(ctx, of) },
  })
}
