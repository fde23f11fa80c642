import { isOrdering, type Operator } from '../comparison.ts'
import { mostApprovals } from '../approvals/feasible.ts'
import { ruleOf, type Match, type PolicyBody } from '../approvals/policy.ts'

/** What is wrong with a policy as a whole: where in it, and what. */
export interface PolicyFault {
  path: (string | number)[]
  message: string
}

/** What of `match` only approvals of one kind have. */
export const membersOf: Readonly<Record<string, readonly (keyof Match)[]>> = {
  claim: ['expense_type', 'currency', 'min_amount'],
  change: ['entity_type', 'change_action'],
  intent: ['action', 'skill_slug', 'instance_id'],
  result: ['gate_id'],
  request: ['type'],
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
  const foreign = Object.entries(membersOf).flatMap(([kind, names]) =>
    names
      .filter((name) => match[name] !== undefined && match.kind !== kind)
      .map((name) => ({ path: ['match', name], message: `applies only to the kind ${kind}: set "kind": "${kind}"` })),
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

/** What only requests can be. */
function kindFaults(policy: PolicyBody): PolicyFault[] {
  const ofRequests = 'must be false unless match says "kind": "request"'
  const ofOne = 'must be false unless it takes exactly one approval'
  const isOfRequests = policy.match.kind === 'request'
  const isEditable = isOfRequests && approvalsOf(policy) === 1
  return [
    ...(policy.restricted && !isOfRequests ? [{ path: ['restricted'], message: ofRequests }] : []),
    ...(policy.allow_edit && !isEditable ? [{ path: ['allow_edit'], message: isOfRequests ? ofOne : ofRequests }] : []),
  ]
}
