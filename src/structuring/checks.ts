import { uuidv7 } from 'uuidv7'
import type { Ctx } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { once } from '../idempotency/once.ts'
import { jsonPointer } from '../json-pointer.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import { configFaults, type CheckType } from './check-config.ts'
import {
  insertCheck,
  removeCheck,
  selectCheck,
  selectChecks,
  updateCheck,
  type Check,
  type CheckChange,
} from './checks.store.ts'
import { recordGatesOf } from './gate-events.store.ts'
import { fitsGates, largestConfigs, selectOvergrown } from './gates.store.ts'

/** Stores a check whose config has no faults. */
export async function createCheck(ctx: Ctx, asked: Omit<Check, 'id' | 'created_at' | 'updated_at'>): Promise<Check> {
  const check = { id: uuidv7(), ...asked, created_at: ctx.now, updated_at: ctx.now }
  return once(ctx, check, [insertCheck(ctx, check)])
}

/**
 * Changes a check, but not its type. Results that have been judged stay as they are.
 *
 * @throws Refusal `not_found`, `invalid_input`
 */
export async function changeCheck(ctx: Ctx, id: string, change: CheckChange): Promise<Check> {
  if (change.config !== undefined) {
    const { type } = await getCheck(ctx, id)
    const faults = await faultsOf(type, JSON.parse(change.config))
    if (faults.length > 0) throw invalidInput(faults)
  }
  const { config } = change
  const bytes = config === undefined ? undefined : new TextEncoder().encode(config).byteLength
  const {
    changed,
    check: [check],
  } = await ctx.db.batch({
    changed: updateCheck(ctx, id, change, bytes === undefined ? undefined : fitsGates(ctx, id, bytes)),
    check: selectCheck(ctx, id),
  })
  if (!check) return missing(id)
  return changed.length > 0 || bytes === undefined ? check : refuseOvergrown(ctx, id, bytes)
}

/** Names the gate that would become too large. */
async function refuseOvergrown(ctx: Ctx, id: string, bytes: number): Promise<never> {
  const [gate] = await ctx.db.run(selectOvergrown(ctx, id, bytes))
  if (!gate) throw new Refusal('storage_unavailable', 'A gate of this check was being changed just now; try again.')
  const message = `is too large for the gate ${gate.id}: the configs of its checks would have ${gate.bytes} bytes together; at most ${largestConfigs} are allowed`
  throw invalidInput([{ in: 'body', pointer: '/config', message, type: 'value_error' }])
}

/** The faults of a change that only the check's stored type reveals; none where there is no such check. */
export async function faultsByType(ctx: Ctx, id: string, { config }: { config?: unknown }): Promise<Fault[]> {
  if (config === undefined) return []
  const [check] = await ctx.db.run(selectCheck(ctx, id))
  return check ? faultsOf(check.type, config) : []
}

async function faultsOf(type: CheckType, config: unknown): Promise<Fault[]> {
  const faults = await configFaults(type, config)
  return faults.map(({ path, message }) => ({
    in: 'body',
    pointer: `/config${jsonPointer(path)}`,
    message,
    type: 'value_error',
  }))
}

/** The faults of a new check's config, which nobody looks for where something else is wrong with it. */
export async function faultsOfNew({ type, config }: { type?: CheckType | undefined; config: unknown }) {
  return type === undefined ? [] : faultsOf(type, config)
}

/** Deletes a check: no gate names it any more. @throws Refusal `not_found` */
export async function deleteCheck(ctx: Ctx, id: string): Promise<void> {
  const { removed } = await ctx.db.batch({ events: recordGatesOf(ctx, id), ...removeCheck(ctx, id) })
  if (removed.length === 0) missing(id)
}

/** @throws Refusal `not_found` */
export async function getCheck(ctx: Ctx, id: string): Promise<Check> {
  const [check] = await ctx.db.run(selectCheck(ctx, id))
  return check ?? missing(id)
}

export async function listChecks(ctx: Ctx, page: PageRequest): Promise<Page<Check>> {
  const rows = await ctx.db.run(selectChecks(ctx, page))
  return pageOf(rows, page, 0, (check) => check, 'config')
}

function missing(id: string): never {
  throw new Refusal('not_found', `There is no check ${id}.`)
}
