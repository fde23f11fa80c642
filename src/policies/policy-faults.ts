import type { Family } from '../approvals/family.ts'
import { isOrdering, type Operator } from '../comparison.ts'
import { mostApprovals } from '../approvals/feasible.ts'
import { ruleOf, type Match, type PolicyBody } from '../approvals/policy.ts'
import { families } from '../families.ts'

/** What is wrong with a policy as a whole: where in it, and what. */
export interface PolicyFault {
  path: (string | number)[]
  message: string
}

const all: readonly Family[] = families
const kindsThat = (are: (family: Family) => boolean) => all.filter(are).map(({ kind }) => kind)

/** What of `match` not all approvals have, each with the kinds that do. */
export const membersOfKinds: ReadonlyMap<keyof Match, readonly string[]> = new Map(
  all
    .flatMap(({ matchedBy = [] }) => matchedBy)
    .map((name) => [name, kindsThat(({ matchedBy }) => matchedBy?.includes(name) ?? false)]),
)
const restrictable = kindsThat((family) => family.restrictable ?? false)
const editable = kindsThat(({ approveEdited }) => approveEdited !== undefined)

/** What goes with these kinds alone. */
export function onlyFor(kinds: readonly string[]): string {
  return `applies only to the ${kinds.length === 1 ? 'kind' : 'kinds'} ${kinds.join(', ')}`
}

function namedAs(kinds: readonly string[]): string {
  const named = kinds.map((kind) => JSON.stringify(kind)).join(' or ')
  return `"kind": ${named}`
}

/** The faults of a policy whose members are each what they should be. */
export function policyFaults(policy: PolicyBody): PolicyFault[] {
  return [...formFaults(policy), ...matchFaults(policy.match), ...kindFaults(policy)]
}

function formFaults(policy: PolicyBody): PolicyFault[] {
  const { stages, required_approvals, approver_roles } = policy
  const isShort = required_approvals !== undefined || approver_roles !== undefined
  if (stages && isShort) {
    return [
      {
        path: ['stages'],
        message: 'cannot be combined with required_approvals and approver_roles; leave one form out',
      },
    ]
  }
  if (!stages && !approver_roles) {
    const path = isShort ? ['approver_roles'] : ['stages']
    return [
      { path, message: 'is required: send stages, or for a single requirement approver_roles and required_approvals' },
    ]
  }
  if (!stages) return []
  const names = stages.map(({ name }) => name)
  const twice = names.findIndex((name, index) => names.indexOf(name) < index)
  return [
    ...(approvalsOf(policy) > mostApprovals
      ? [{ path: ['stages'], message: `must ask for at most ${mostApprovals} approvals in all` }]
      : []),
    ...(twice === -1 ? [] : [{ path: ['stages', twice, 'name'], message: 'is already the name of an earlier stage' }]),
  ]
}

/** How many approvals a policy asks for in all. */
export function approvalsOf(policy: PolicyBody): number {
  return ruleOf(policy).stages.reduce(
    (sum, { all }) => all.reduce((inStage, { approvals }) => inStage + approvals, sum),
    0,
  )
}

function matchFaults(match: Match): PolicyFault[] {
  const foreign = [...membersOfKinds].flatMap(([name, kinds]) =>
    match[name] === undefined || isAmong(kinds, match.kind)
      ? []
      : [{ path: ['match', name], message: `${onlyFor(kinds)}: set ${namedAs(kinds)}` }],
  )
  const { min_amount, currency, where = [] } = match
  const unordered = where.flatMap(({ op, value }, index) =>
    typeof value === 'boolean' && isOrdering(op as Operator)
      ? [{ path: ['match', 'where', index, 'op'], message: 'must be == or != if value is true or false' }]
      : [],
  )
  const ofNothing = min_amount !== undefined && currency === undefined
  const message = 'is required with min_amount: amounts in different currencies cannot be compared'
  return [...foreign, ...(ofNothing ? [{ path: ['match', 'currency'], message }] : []), ...unordered]
}

/** What only approvals of some kinds can be. */
function kindFaults(policy: PolicyBody): PolicyFault[] {
  const { kind } = policy.match
  const unless = (kinds: readonly string[]) => `must be false unless match says ${namedAs(kinds)}`
  const ofOne = 'must be false unless it takes exactly one approval'
  const isEditable = isAmong(editable, kind)
  return [
    ...(policy.restricted && !isAmong(restrictable, kind)
      ? [{ path: ['restricted'], message: unless(restrictable) }]
      : []),
    ...(policy.allow_edit && !(isEditable && approvalsOf(policy) === 1)
      ? [{ path: ['allow_edit'], message: isEditable ? ofOne : unless(editable) }]
      : []),
  ]
}

function isAmong(kinds: readonly string[], kind: string | undefined): boolean {
  return kind !== undefined && kinds.includes(kind)
}
