import type { Actor } from '../context.ts'
import { Refusal } from '../refusal.ts'

/** @throws Refusal `not_found` where the key is bound to another agent instance than this */
export function refuseOtherInstance(actor: Actor, instanceId: string): void {
  if (actor.instanceId !== null && actor.instanceId.toLowerCase() !== instanceId) {
    throw new Refusal('not_found', `There is no instance ${instanceId}.`)
  }
}
