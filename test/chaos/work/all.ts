import type { Work } from '../world.ts'
import * as administration from './administration.ts'
import * as changes from './changes.ts'
import * as claims from './claims.ts'
import * as intents from './intents.ts'
import * as others from './others.ts'
import * as requests from './requests.ts'
import * as results from './results.ts'

/** All that connections do, and how often each. */
const weights: [Work, number][] = [
  [requests.ask, 8],
  [requests.decide, 14],
  [requests.amend, 4],
  [requests.withdraw, 2],
  [requests.redeem, 8],
  [requests.revoke, 2],
  [claims.submit, 5],
  [claims.submitMany, 2],
  [claims.decide, 8],
  [claims.withdraw, 2],
  [claims.batch, 3],
  [changes.request, 5],
  [changes.resolve, 8],
  [changes.withdraw, 1],
  [changes.set, 2],
  [intents.request, 6],
  [intents.resolve, 8],
  [intents.replay, 5],
  [results.submit, 5],
  [results.decide, 7],
  [administration.people, 2],
  [administration.policies, 1],
  [administration.endpoints, 0.5],
  [administration.gates, 0.5],
  [others.read, 12],
  [others.invalid, 6],
]

const total = weights.reduce((sum, [, weight]) => sum + weight, 0)

/** @param at 0 ≤ at < 1 */
export function workAt(at: number): Work {
  let left = at * total
  for (const [work, weight] of weights) {
    left -= weight
    if (left < 0) return work
  }
  return others.read
}
