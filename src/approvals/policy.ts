import type { Role } from '../context.ts'
import type { Question } from './digest.ts'

/** What decides an approval of a kind where its tenant has no policy for it. */
export interface Policy {
  /** How many different people must say yes, 1–10. One no rejects. */
  required_approvals: number
  /** Roles of which a voter must have at least one. */
  approver_roles: readonly Role[]
  /** Whether the one who asked may vote too. */
  allow_self_approval: boolean
}

/** A kind of approvals, and what one of them takes where its tenant has said nothing. */
export interface KindOfApprovals {
  /** What they are, in one word: stored with each of them, and the first part of their events' names. */
  kind: string
  policy: Policy
  /** Whether whoever asks may have it restricted. */
  restrictable?: boolean
  /** Which members of `Match` its approvals have, beside those that all have. */
  matchedBy?: readonly (keyof Match)[]
  /** What a policy looks at of what is asked; without it, all of that as the family's JSON. */
  policyFacts?: (what: Question['what']) => Pick<PolicyFacts, 'members' | 'document'>
  /** Whether the person who is asked through the family's channel has the last word where a policy holds. */
  isConfirmed?: (what: Question['what']) => boolean
  /** Who that is, where it names them: then they vote in no stage. */
  confirmer?: (what: Question['what']) => string | null
}

/** What applies where a tenant has said nothing: one vote, and not one's own. */
export function defaultPolicy(approverRoles: readonly Role[]): Policy {
  return { required_approvals: 1, approver_roles: approverRoles, allow_self_approval: false }
}

/** In what somebody votes: a role or a group that they have. */
export type Capacity = `role:${string}` | `group:${string}`

/** A policy of a tenant, as an admin has written it: kept with each of its versions. */
export interface PolicyBody {
  match: Match
  /** They open one after the other; or in short, where one requirement is all that there is, the next two. */
  stages?: readonly { name: string; all: readonly ({ approvals: number } & ({ group: string } | { role: Role }))[] }[]
  required_approvals?: number
  approver_roles?: readonly Role[]
  allow_self_approval: boolean
  /** Whether an approval may change the details. */
  allow_edit: boolean
  restricted: boolean
  /** Its clock. */
  expires: { after_hours: number; then: 'expire' | 'reject' | 'approve' } | null
}

/** What a policy is for; every member that is there narrows it. */
export interface Match {
  kind?: string
  type?: string
  entity_type?: string
  change_action?: string
  action?: string
  skill_slug?: string
  instance_id?: string
  gate_id?: string
  expense_type?: string
  currency?: string
  /** In minor units of `currency`. */
  min_amount?: number
  /** A group of the requester's. */
  requester_group?: string
  where?: readonly Where[]
}

/** A condition on the family's JSON, compared as gates compare. */
export interface Where {
  /** A JSON Pointer. */
  field: string
  op: string
  value: unknown
  /** What it is where the member is missing, or of another type; else such an asking is refused. */
  missing?: 'match' | 'no_match'
}

/** What a policy looks at of what is asked. */
export interface PolicyFacts {
  kind: string
  /** By the name of a member of `Match`; a `min_amount` is held against `amount`. */
  members: Readonly<Record<string, string | number | null>>
  /** The family's JSON, as text. */
  document: string | null
  requesterGroups: readonly string[]
}

/** Who has to say yes, as the engine takes it (`quorum.ts`). */
export interface Rule {
  stages: readonly Stage[]
  allowSelfApproval: boolean
}

export interface Stage {
  /** Null where nobody has given it one: the only stage of a kind, or of a policy that is written short. */
  name: string | null
  /** All of them have to be fulfilled. */
  all: readonly Requirement[]
}

/** So many people, each of whom has one of these. */
export interface Requirement {
  anyOf: readonly Capacity[]
  approvals: number
}

/** What decides a kind, as a rule. */
export function ruleOfKind({ required_approvals, approver_roles, allow_self_approval }: Policy): Rule {
  return {
    stages: [{ name: null, all: [{ anyOf: approver_roles.map(inRole), approvals: required_approvals }] }],
    allowSelfApproval: allow_self_approval,
  }
}

/** A policy as a rule. */
export function ruleOf({ stages, ...short }: PolicyBody): Rule {
  const { required_approvals = 1, approver_roles = [], allow_self_approval } = short
  if (!stages) return ruleOfKind({ required_approvals, approver_roles, allow_self_approval })
  return {
    stages: stages.map(({ name, all }) => ({
      name,
      all: all.map(({ approvals, ...who }) => ({
        anyOf: ['group' in who ? inGroup(who.group) : inRole(who.role)],
        approvals,
      })),
    })),
    allowSelfApproval: allow_self_approval,
  }
}

/** What a stage is called where it has to be called something. */
export function nameOfStage({ name }: Pick<Stage, 'name'>): string {
  return name ?? 'approval'
}

/** The one requirement of a rule that has no other; else null. */
export function soleRequirement({ stages }: Rule): Requirement | null {
  const [only, ...more] = stages.flatMap(({ all }) => all)
  return only && more.length === 0 ? only : null
}

export function inRole(role: string): Capacity {
  return `role:${role}`
}

export function inGroup(group: string): Capacity {
  return `group:${group}`
}
