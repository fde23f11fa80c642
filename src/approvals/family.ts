import type { ZodType } from 'zod'
import type { Actor, Ctx, Role } from '../context.ts'
import type { Condition, Fragment, Reference } from '../db/open-db.ts'
import type { Explained, RefusalCode } from '../refusal.ts'
import type { Approval } from './approval.ts'
import type { Decision } from './decide.ts'
import type { Question } from './digest.ts'
import { ruleOfKind, type KindOfApprovals, type Rule } from './policy.ts'
import type { Ballot } from './rules.ts'

/**
 * A family of approvals: what its approvals are about, said once. `src/families.ts` lists the families, and whatever
 * goes over all of them (mounts, the dashboard, webhooks, cron, the reference, the linter) reads it from there.
 */
export interface Family extends KindOfApprovals {
  /** What the ids of its approvals begin with (the prefix of a TypeID); or they are UUIDs. */
  approvalId: string
  /** What its ids begin with (TypeID); none where they are plain UUIDs. */
  idPrefixes: readonly string[]
  /** Whether its subject is the customer on whose behalf it is asked: then lists find it by `customer_id`. */
  isForCustomer?: boolean
  /** What is told to webhooks: `<kind>.<what>`, and that of what the family has besides approvals. */
  events: readonly `${string}.${string}`[]
  /** What it refuses beyond what the core does, by code. */
  refusals: Readonly<Record<string, Explained>>
  /** What a newcomer reads of it, where backticks mark code, and the operations that they begin with. */
  introduction: { title: string; text: string; beginWith: readonly string[] }
  /**
   * The sections of the reference that its endpoints are in, each with a sentence; in the order in which they are read.
   */
  tags: Readonly<Record<string, string>>
  /** What a list over all families shows of one of its approvals. */
  shows: {
    /** One JSON object, for the row `a` of `approvals` and its facts, as of a time in milliseconds. */
    object: (now: number) => Fragment
    /** The members of that object on the wire. */
    members: Readonly<Record<string, ZodType>>
  }
  /**
   * What has become of one that was approved, where the family knows more of that than the core: a SELECT of one JSON
   * object (`Aftermath`) or of none, for the row `a` of `approvals`, as of a time in milliseconds.
   */
  after?: (now: number) => Fragment
  /** What an approver decides on, as it is stored. */
  what: {
    /**
     * Where that is, beside the row `a` of `approvals`: a table for a FROM clause, or several, of which the first is
     * `f` and has the approval's id as `approval_id`.
     */
    from: Fragment
    /** One JSON object, for the row `a` of `approvals` and its facts. */
    object: Fragment
    /** What of them is in the digest: the same function that makes it when they are asked for. */
    of(facts: unknown): Question['what']
  }
  /**
   * What its ETags depend on besides an approval's version, as of `now`, for the row `a` of `approvals` and its facts:
   * text, or NULL; where they do.
   */
  tag?: (now: number) => Fragment
  /**
   * A vote by somebody who knows an approval by its id, with whatever the family's own endpoint for that does.
   *
   * @throws Refusal where it needs no look at what is stored
   */
  decision(ctx: Ctx, id: Reference, ballot: Ballot): Decision<unknown>
  /**
   * A yes to other details than those that were asked for, where a policy allows that.
   *
   * @param details JSON text, or null
   * @throws Refusal as the decision; `edit_not_allowed`, `policy_changed`
   */
  approveEdited?(ctx: Ctx, id: string, ballot: Ballot, details: string | null): Promise<Pick<Approval, 'id' | 'due_at'>>
  /**
   * The roles that decide one by its id where no policy holds, if what it is says that rather than its kind: none where
   * it waits for a certain person, or is decided elsewhere.
   *
   * @param asked the facts, as they are stored
   */
  deciders?(asked: unknown): readonly Role[]
  /**
   * Its requester takes it back; where they can.
   *
   * @param digest of the question that they have seen; without one, whatever is asked now
   * @throws Refusal as `withdraw`
   */
  withdrawal?(ctx: Ctx, id: string, ifMatch: readonly string[] | null, digest?: string): Promise<unknown>
  /** Whether people ask for it: then it has an index by which one's own are found. */
  isAskedByPeople?: boolean
  /**
   * Under which further condition on the row `a` of `approvals` somebody may decide it, where no policy of the tenant's
   * says who; null where they may not. Without this: whoever has a role of its kind's policy.
   */
  waitsFor?(actor: Actor): Condition | null
  /** What of the row `a` of `approvals` keeps somebody from voting in the stages of a policy. */
  hasNoVote?(actor: Actor): Condition
  /** How a page shows it; without this, by the members that a list shows. */
  page?: PagePart
  /** What it refuses such a vote for, beyond what the core does. */
  refusesDecision?: readonly RefusalCode[]
  /** What webhooks say of one of its approvals beyond what they say of any. */
  tells?: {
    /** A SELECT of one JSON object, for the row `a` of `approvals`: of what never changes, but for being erased. */
    select: Fragment
    /** The members of that object on the wire. */
    members: Readonly<Record<string, ZodType>>
  }
  /** What it sends to single webhook endpoints, whatever those ask for; where it does. */
  addresses?: {
    /**
     * What names such an endpoint, in the plural: a SELECT of the `id`s of those that do. It is not deleted as long as
     * there are any.
     */
    from: Readonly<Record<string, (tenantId: string, endpointId: string) => Fragment>>
    /** What deliveries to it say beside the event. */
    members: Readonly<Record<string, ZodType>>
  }
  /**
   * Whether jobs of its own approve and reject what its clocks do, many at once. Else what a policy has the clock
   * approve is approved one by one, and a rejection by the clock sets nothing off.
   */
  decidesDue?: boolean
  /** Its routers. What a router is, the door knows that mounts them. */
  routes: readonly unknown[]
  /** Its upkeep of each minute, by name: each takes a bounded chunk of what is due, and says how much that was. */
  jobs: Readonly<Record<string, (ctx: Ctx) => Promise<number>>>
}

/** How a page shows an approval of a family. What is drawn, the desk knows that draws it. */
export interface PagePart {
  /** In a list, what stands beside its title: made of one JSON object, for the row `a` of `approvals`. */
  brief?: { select: Fragment; of(members: never): string }
  /**
   * What the page shows beyond what an approver decides on: a SELECT of one JSON object, for the row `a` of
   * `approvals`, as of a time in milliseconds.
   */
  select?: (now: number) => Fragment
  /** Of the facts, JSON text that somebody may edit before they approve it; where the family has that. */
  editable?(facts: Record<string, unknown>): string | null
  /** Whether more was seen than the question: then a decision says by its entity tag in which state it is meant. */
  confirms?(shown: Shown): boolean
  /** What is asked, laid out. */
  draw(shown: Shown): unknown
}

/** What a page part is given. */
export interface Shown {
  title: string
  /** The facts that an approver decides on, as they are stored. */
  facts: Record<string, unknown>
  /** What `select` has found. */
  more: Record<string, unknown>
  /** What a list shows of it. */
  family: Record<string, unknown>
  dueAt: number | null
  now: number
}

/** What has become of an approval that was approved. */
export interface Aftermath {
  /** Why it is not good any more; absent where it is. */
  became?: 'lapsed' | 'revoked'
  /** Since when, in milliseconds. */
  at?: number
  /** What was said about it. */
  reason?: string | null
  /** False while the approval may still be taken back: then it is pending again. */
  final?: boolean
}

/** Declares a family; its type is as narrow as what is said. */
export function defineFamily<const F extends Family>(family: F): F {
  return family
}

/**
 * Who decides one of a family by its id where no policy holds.
 *
 * @param asked its facts, as they are stored
 */
export function ruleOfFamily({ policy, deciders }: Family, asked: unknown): Rule {
  return ruleOfKind(deciders ? { ...policy, approver_roles: deciders(asked) } : policy)
}
