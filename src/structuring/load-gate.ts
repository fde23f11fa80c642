import { BoundedCache } from '../bounded-cache.ts'
import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'
import type { ReadyGate } from './evaluate.ts'
import { selectForJudging, type Gate } from './gates.store.ts'
import { ready } from './judge.ts'
import type { ReadyRule } from './judge-rule.ts'

/** A gate, ready to judge results, and the revision of the tenant's gates at which it was read. */
export interface LoadedGate extends ReadyGate {
  id: string
  name: string
  auto_approve_after_hours: number | null
  revision: number
}

/** How much of an isolate's 128 MB its gates may take, in bytes. */
const cacheBytes = 16 * 1024 * 1024

/*
 * What this isolate has read. It may be out of date, so whoever uses it stores only if the revision is still the same.
 */
const cache = new BoundedCache<LoadedGate>(cacheBytes, weightOf)

/** The most memory that a gate takes, in bytes. */
export function weightOf({ name, checks, rules }: ReadyGate & { name: string }): number {
  const own = 1_000 + 2 * name.length + 8 * JSON.stringify(rules).length
  return checks.reduce((sum, { weight }) => sum + weight, own)
}

/**
 * A gate to judge by: from the isolate's memory if it is there, unless `fresh` is asked for.
 *
 * @throws Refusal `not_found`, `gate_inactive`
 */
export async function loadGate(ctx: Ctx, id: string, fresh: boolean): Promise<LoadedGate> {
  const key = JSON.stringify([ctx.actor.tenantId, id])
  const known = fresh ? undefined : cache.get(key)
  if (known) return known
  cache.delete(key)
  const {
    revised: [revised],
    gate: [gate],
    checks,
  } = await ctx.db.batch(selectForJudging(ctx, id))
  if (!gate) throw new Refusal('not_found', `There is no gate ${id}.`)
  if (!gate.is_active) throw new Refusal('gate_inactive', `The gate ${id} is not active.`)
  const loaded = {
    id,
    name: gate.name,
    auto_approve_after_hours: gate.auto_approve_after_hours,
    queue_warnings: gate.queue_warnings === 1,
    revision: revised?.revision ?? 0,
    checks: await Promise.all(checks.map(ready)),
    rules: rulesOf(gate),
  }
  cache.set(key, loaded)
  return loaded
}

function rulesOf(gate: Gate): ReadyRule[] {
  return JSON.parse(gate.rules) as ReadyRule[]
}
