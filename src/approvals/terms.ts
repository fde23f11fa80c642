import { hour } from '../durations.ts'
import type { Approval } from './approval.ts'
import type { Book, Booked } from './book.ts'
import type { Question } from './digest.ts'
import { Asked, firstMatch, needsMember } from './match.ts'
import type { KindOfApprovals, PolicyBody, PolicyFacts } from './policy.ts'

/** When the clock decides, in milliseconds, and how. */
export interface Clock {
  due_at: number
  on_due: NonNullable<Approval['on_due']>
}

/** On what terms something is asked: what it takes to decide it, and by when. */
export interface Terms extends Pick<
  Approval,
  'policy_version_id' | 'votes_needed' | 'channel_confirms' | 'due_at' | 'on_due'
> {
  /** Whether only those see it who asked, who may decide, and admins. */
  restricted: boolean
}

/** What somebody asks for, as terms depend on it. */
export interface Wish {
  what: Question['what']
  requester: string
  /** Those that the asker and the family set. */
  clocks?: readonly (Clock | null)[]
  restricted?: boolean
}

/**
 * The terms on which something is asked: those of the first policy that is for it, else those of its kind.
 *
 * @param now from when a policy's clock counts, in milliseconds
 * @throws Refusal `policy_needs_member` where what is asked lacks what a policy looks at
 */
export function termsOf(book: Book, kind: KindOfApprovals, wish: Wish, now: number): Terms {
  const { restricted = false } = wish
  const clocks = (wish.clocks ?? []).filter((clock) => clock !== null)
  const policy = policyFor(book, kind, wish)
  if (!policy) {
    return {
      policy_version_id: null,
      votes_needed: kind.policy.required_approvals,
      channel_confirms: 0,
      ...due(clocks),
      restricted,
    }
  }
  const { versionId, body, rule } = policy
  const isConfirmed = kind.isConfirmed?.(wish.what) ?? false
  const lastWord = isConfirmed ? 1 : 0
  return {
    policy_version_id: versionId,
    votes_needed: rule.stages.flatMap(({ all }) => all).reduce((sum, { approvals }) => sum + approvals, lastWord),
    channel_confirms: lastWord,
    ...due([...clocks.filter(({ on_due }) => on_due !== 'approve'), ...clockOf(body, now, isConfirmed)]),
    restricted: restricted || body.restricted,
  }
}

/** The policy that is for what somebody asks; null where none is. @throws Refusal `policy_needs_member` */
export function policyFor(book: Book, kind: KindOfApprovals, wish: Wish): Booked | null {
  if (book.policies.length === 0) return null
  const found = firstMatch(book.policies, new Asked(factsOf(book, kind, wish)))
  if (found?.needs) throw needsMember({ policy: found.policy, needs: found.needs })
  return found?.policy ?? null
}

function factsOf({ groupsOf }: Book, kind: KindOfApprovals, { what, requester }: Wish): PolicyFacts {
  return { kind: kind.kind, ...factsFor(kind, what), requesterGroups: groupsOf.get(requester) ?? [] }
}

/** What a policy looks at of a question, but for who asks it. */
export function factsFor(kind: KindOfApprovals, what: Question['what']): Pick<PolicyFacts, 'members' | 'document'> {
  return kind.policyFacts?.(what) ?? { members: {}, document: JSON.stringify(what) }
}

/** No clock says the last word of a person: what they would have to confirm expires. */
function clockOf({ expires }: PolicyBody, now: number, isConfirmed: boolean): Clock[] {
  if (!expires) return []
  const on_due = isConfirmed && expires.then === 'approve' ? 'expire' : expires.then
  return [{ due_at: now + expires.after_hours * hour, on_due }]
}

const order = ['expire', 'reject', 'approve'] as const

/** The earliest of the clocks; of those that end together the one that grants least. */
function due(clocks: readonly Clock[]): Clock | { due_at: null; on_due: null } {
  const [first] = clocks.toSorted((a, b) => a.due_at - b.due_at || order.indexOf(a.on_due) - order.indexOf(b.on_due))
  return first ?? { due_at: null, on_due: null }
}
