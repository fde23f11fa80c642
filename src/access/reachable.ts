import type { Actor } from '../context.ts'
import { Refusal } from '../refusal.ts'

/** A key that is bound to one agent instance reaches no other. @throws Refusal `not_found` */
export function reachable(actor: Actor, instanceId: string): void {
  if (actor.instanceId !== null && actor.instanceId.toLowerCase() !== instanceId) {
    throw new Refusal('not_found', `There is no instance ${instanceId}.`)
  }
}
