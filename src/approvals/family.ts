import type { ZodType } from 'zod'
import type { Ctx } from '../context.ts'
import type { Fragment, Reference } from '../db/open-db.ts'
import type { Explained, RefusalCode } from '../refusal.ts'
import type { Decision } from './decide.ts'
import type { Question } from './digest.ts'
import type { KindOfApprovals } from './policy.ts'
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
    /** A SELECT of one JSON object, for the row `a` of `approvals`, as of a time in milliseconds. */
    select: (now: number) => Fragment
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
    /** A SELECT of one JSON object, the facts, for the row `a` of `approvals`. */
    select: Fragment
    /** What of them is in the digest: the same function that makes it when they are asked for. */
    of(facts: unknown): Question['what']
  }
  /**
   * What its ETags depend on besides an approval's version, for the row `a` of `approvals`: text, or NULL; where they
   * do.
   */
  tag?: Fragment
  /**
   * A vote by somebody who knows an approval by its id, with whatever the family's own endpoint for that does.
   *
   * @throws Refusal where it needs no look at what is stored
   */
  decision(ctx: Ctx, id: Reference, ballot: Ballot): Decision<unknown>
  /** What it refuses such a vote for, beyond what the core does. */
  refusesDecision?: readonly RefusalCode[]
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
  /** Its routers. What a router is, the door knows that mounts them. */
  routes: readonly unknown[]
  /** Its upkeep of each minute, by name: each takes a bounded chunk of what is due, and says how much that was. */
  jobs: Readonly<Record<string, (ctx: Ctx) => Promise<number>>>
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
