import { uuidv7 } from 'uuidv7'
import type { Ctx } from '../context.ts'
import { onceIf } from '../idempotency/once.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import { recordGate } from './gate-events.store.ts'
import { hasRule, insertRules, isRuleStored, removeRule, selectRule, updateRule, type Rule } from './gates.store.ts'
import { mostRules, ruleTypes, type ReadyRule } from './judge-rule.ts'
import { getGate, said, type NewRule } from './gates.ts'

/** Adds a rule to a gate. @throws Refusal `not_found`, `rule_limit` */
export async function addRule(ctx: Ctx, gateId: string, asked: NewRule): Promise<Rule> {
  const rule = { ...asked, id: uuidv7(), gate_id: gateId, created_at: ctx.now, updated_at: ctx.now }
  const isStored = isRuleStored(rule.id)
  const event = recordGate(ctx, gateId, { added_rule: said(rule) }, { condition: isStored })
  const added = await onceIf(ctx, rule, [insertRules(ctx, gateId, [rule], mostRules), event], isStored)
  if (added) return added
  await getGate(ctx, gateId)
  throw new Refusal('rule_limit', `The gate ${gateId} has ${mostRules} rules.`)
}

/** Changes a rule. @throws Refusal `not_found`, `invalid_input` where the config does not fit the rule's type */
export async function changeRule(ctx: Ctx, gateId: string, id: string, config: ReadyRule['config']): Promise<Rule> {
  const types = config.fields ? (['field_coverage'] as const) : ruleTypes
  const condition = hasRule(ctx, gateId, id, types)
  const {
    rule: [rule],
  } = await ctx.db.batch({
    event: recordGate(ctx, gateId, { changed_rule: { id, config } }, { condition }),
    rule: updateRule(ctx, gateId, id, JSON.stringify(config), types),
  })
  if (rule) return rule
  await getRule(ctx, gateId, id)
  throw invalidInput([foreignFields])
}

const foreignFields: Fault = {
  in: 'body',
  pointer: '/config/fields',
  message: 'belongs to field_coverage only',
  type: 'value_error',
}

/** The faults of a change that only the rule's stored type reveals; none where there is no such rule. */
export async function faultsByType(
  ctx: Ctx,
  { id = '', rule_id = '' }: { id?: string; rule_id?: string },
  { fields }: { fields?: unknown },
): Promise<Fault[]> {
  if (fields === undefined) return []
  const [rule] = await ctx.db.run(selectRule(ctx, id, rule_id))
  return rule && rule.type !== 'field_coverage' ? [foreignFields] : []
}

/** Removes a rule. @throws Refusal `not_found` */
export async function deleteRule(ctx: Ctx, gateId: string, id: string): Promise<void> {
  const condition = hasRule(ctx, gateId, id, ruleTypes)
  const {
    gone: [gone],
  } = await ctx.db.batch({
    event: recordGate(ctx, gateId, { removed_rule: id }, { condition }),
    gone: removeRule(ctx, gateId, id),
  })
  if (!gone) missing(id)
}

/** @throws Refusal `not_found` */
export async function getRule(ctx: Ctx, gateId: string, id: string): Promise<Rule> {
  const [rule] = await ctx.db.run(selectRule(ctx, gateId, id))
  return rule ?? missing(id)
}

function missing(id: string): never {
  throw new Refusal('not_found', `There is no rule ${id} at this gate.`)
}
