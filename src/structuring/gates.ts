import { uuidv7 } from 'uuidv7'
import { recordIf, type Happening } from '../approvals/history.store.ts'
import type { Ctx } from '../context.ts'
import { pageOf, type Page, type PageRequest } from '../db/page.ts'
import { onceIf } from '../idempotency/once.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import { selectKnownEndpoints } from '../webhooks/addressees.store.ts'
import { selectKnownChecks } from './checks.store.ts'
import { recordGate } from './gate-events.store.ts'
import {
  insertGate,
  isGateStored,
  largestConfigs,
  refersToKnown,
  removeGate,
  selectGate,
  selectGates,
  updateGate,
  type Gate,
  type GateChange,
  type Rule,
} from './gates.store.ts'

/** What a decision on a result sets off: nothing, or a delivery to a webhook endpoint. */
export type Action = { type: 'none' } | { type: 'webhook'; endpoint_id: string }

/** What a gate consists of. */
export interface GateSettings {
  name: string
  description: string | null
  check_ids: string[]
  on_approve: Action
  on_reject: Action
  /** 1–8760, or null where only people approve. */
  auto_approve_after_hours: number | null
  queue_warnings: boolean
  is_active: boolean
}

/** A rule as submitted. */
export type NewRule = Pick<Rule, 'type' | 'config'>

/**
 * Stores a gate with its rules.
 *
 * @throws Refusal `invalid_input` where a check or an endpoint is not there, or its checks are too large
 */
export async function createGate(ctx: Ctx, settings: GateSettings, rules: readonly NewRule[]): Promise<Gate> {
  const id = uuidv7()
  const times = { created_at: ctx.now, updated_at: ctx.now }
  const made = rules.map((rule): Rule => ({ ...rule, id: uuidv7(), gate_id: id, ...times }))
  const stored = { id, ...(toColumns(settings) as Omit<Gate, 'id' | 'rules' | keyof typeof times>), ...times }
  const gate = { ...stored, rules: rulesText(made) }
  const known = refersToKnown(ctx, settings.check_ids, endpointsOf(settings))
  const happening: Happening = {
    type: 'gate.created',
    resourceId: id,
    from: null,
    to: settings.is_active ? 'active' : 'inactive',
    data: { ...settings, rules: made.map(said) },
  }
  const isStored = isGateStored(id)
  const statements = [...insertGate(ctx, stored, made, known), recordIf(ctx, [happening], isStored)]
  const created = await onceIf(ctx, gate, statements, isStored)
  return created ?? refuseUnknown(ctx, settings)
}

/**
 * Changes a gate. The results that wait at it are decided by what it says then.
 *
 * @throws Refusal `not_found`, `invalid_input`
 */
export async function changeGate(ctx: Ctx, id: string, change: Partial<GateSettings>): Promise<Gate> {
  const { check_ids = [], is_active } = change
  const known = refersToKnown(ctx, check_ids, endpointsOf(change))
  const to = is_active === undefined ? undefined : is_active ? 'active' : 'inactive'
  const {
    changed,
    gate: [gate],
  } = await ctx.db.batch({
    event: recordGate(ctx, id, change, { condition: known, ...(to && { to }) }),
    changed: updateGate(ctx, id, toColumns(change), known),
    gate: selectGate(ctx, id),
  })
  if (!gate) return missing(id)
  return changed.length > 0 ? gate : refuseUnknown(ctx, change)
}

/**
 * Deletes a gate: nothing can be submitted to it any more, but what waits at it can still be decided.
 *
 * @throws Refusal `not_found`
 */
export async function deleteGate(ctx: Ctx, id: string): Promise<void> {
  const {
    gone: [gone],
  } = await ctx.db.batch({ event: recordGate(ctx, id, {}, { to: 'deleted' }), gone: removeGate(ctx, id) })
  if (!gone) missing(id)
}

/** With its rules. @throws Refusal `not_found` */
export async function getGate(ctx: Ctx, id: string): Promise<Gate> {
  const [gate] = await ctx.db.run(selectGate(ctx, id))
  return gate ?? missing(id)
}

export async function listGates(ctx: Ctx, page: PageRequest): Promise<Page<Gate>> {
  const rows = await ctx.db.run(selectGates(ctx, page))
  return pageOf(rows, page, 0, (gate) => gate, 'rules')
}

function toColumns({
  check_ids,
  on_approve,
  on_reject,
  queue_warnings,
  is_active,
  ...same
}: Partial<GateSettings>): GateChange {
  return {
    ...same,
    check_ids: check_ids && JSON.stringify(check_ids),
    on_approve: on_approve && JSON.stringify(on_approve),
    on_reject: on_reject && JSON.stringify(on_reject),
    queue_warnings: queue_warnings === undefined ? undefined : Number(queue_warnings),
    is_active: is_active === undefined ? undefined : Number(is_active),
  }
}

/** A rule as an event says it. */
export function said({ id, type, config }: Pick<Rule, 'id' | 'type' | 'config'>) {
  return { id, type, config: JSON.parse(config) as unknown }
}

function rulesText(rules: readonly Rule[]): string {
  return JSON.stringify(
    rules.map(({ gate_id: _, config, ...rule }) => ({ ...rule, config: JSON.parse(config) as unknown })),
  )
}

function endpointsOf({ on_approve, on_reject }: Partial<GateSettings>): string[] {
  const ids = [on_approve, on_reject].flatMap((action) => (action?.type === 'webhook' ? action.endpoint_id : []))
  return [...new Set(ids)]
}

async function refuseUnknown(ctx: Ctx, named: Partial<GateSettings>): Promise<never> {
  const faults = await unknownFaults(ctx, named)
  if (faults.length > 0) throw invalidInput(faults)
  throw new Refusal('storage_unavailable', 'What the gate names was being stored just now; try again.')
}

/** Which of the ids that a gate names do not exist, and whether its checks are too large together. */
export async function unknownFaults(
  ctx: Ctx,
  named: Partial<Pick<GateSettings, 'check_ids' | 'on_approve' | 'on_reject'>>,
): Promise<Fault[]> {
  const { check_ids = [] } = named
  const endpointIds = endpointsOf(named)
  if (check_ids.length === 0 && endpointIds.length === 0) return []
  const { checks, endpoints } = await ctx.db.batch({
    checks: selectKnownChecks(ctx, check_ids),
    endpoints: selectKnownEndpoints(ctx, endpointIds),
  })
  const known = new Set([...checks, ...endpoints].map(({ id }) => id))
  const fault = (pointer: string, message: string): Fault => ({ in: 'body', pointer, message, type: 'value_error' })
  const faults = [
    ...check_ids.flatMap((id, index) => (known.has(id) ? [] : fault(`/check_ids/${index}`, `there is no check ${id}`))),
    ...(['on_approve', 'on_reject'] as const).flatMap((name) => {
      const action = named[name]
      if (action?.type !== 'webhook' || known.has(action.endpoint_id)) return []
      return fault(`/${name}/endpoint_id`, `there is no webhook endpoint ${action.endpoint_id}`)
    }),
  ]
  const bytes = checks.reduce((sum, check) => sum + check.bytes, 0)
  if (bytes > largestConfigs) {
    const message = `the configs of these checks have ${bytes} bytes together; at most ${largestConfigs} are allowed`
    faults.push(fault('/check_ids', message))
  }
  return faults
}

function missing(id: string): never {
  throw new Refusal('not_found', `There is no gate ${id}.`)
}
