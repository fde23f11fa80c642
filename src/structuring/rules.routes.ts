import { endpoint, json } from '../http/endpoint.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import {
  deletedSchema,
  idParams,
  newRuleSchema,
  partOfRule,
  ruleChangeSchema,
  ruleListSchema,
  ruleParams,
  ruleSchema,
} from './gates.schemas.ts'
import type { Gate, Rule } from './gates.store.ts'
import { getGate } from './gates.ts'
import { addRule, changeRule, deleteRule, faultsByType, getRule } from './rules.ts'

const tags = ['Checks and gates']
const path = '/v1/structuring/gates/{id}/rules'
const rule = (description: string) => ({ description, content: json(ruleSchema) })

/** The rules of a gate: add, read, change, remove. */
export const ruleRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'post',
      path,
      operationId: 'createGateRule',
      tags,
      summary: 'Add a rule to a gate',
      description: 'It judges what is submitted from now on.',
      roles: ['admin'],
      creates: true,
      request: {
        params: idParams('01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c45'),
        body: { required: true, content: json(newRuleSchema) },
      },
      responses: { 201: rule('The rule.') },
      refuses: ['not_found', 'rule_limit'],
    }),
    async (c) => {
      const { type, config } = c.req.valid('json')
      const added = await addRule(c.get('ctx'), c.req.valid('param').id, { type, config: JSON.stringify(config) })
      return c.json(renderRule(added), 201)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path,
      operationId: 'listGateRules',
      tags,
      summary: "List a gate's rules, oldest first; all of them",
      description: 'A gate has few, so there are no pages.',
      roles: 'any',
      request: { params: idParams('01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c45') },
      responses: { 200: { description: 'The rules.', content: json(ruleListSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { rules } = await getGate(c.get('ctx'), c.req.valid('param').id)
      return c.json({ data: renderRules(rules) }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: `${path}/{rule_id}`,
      operationId: 'getGateRule',
      tags,
      summary: 'Read a rule',
      description: 'It is also shown in its gate.',
      roles: 'any',
      request: { params: ruleParams('01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c47') },
      responses: { 200: rule('The rule.') },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { id, rule_id } = c.req.valid('param')
      return c.json(renderRule(await getRule(c.get('ctx'), id, rule_id)), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'patch',
      path: `${path}/{rule_id}`,
      operationId: 'changeGateRule',
      tags,
      summary: "Change a rule's threshold",
      description: 'Its type cannot change. Results that it has already judged stay as they are.',
      roles: ['admin'],
      request: {
        params: ruleParams('01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c47'),
        body: { required: true, content: json(ruleChangeSchema) },
      },
      further: (ctx, { params, body }) => faultsByType(ctx, params, partOfRule.parse(body).config),
      responses: { 200: rule('The rule as it is now.') },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { id, rule_id } = c.req.valid('param')
      const { config } = c.req.valid('json')
      return c.json(renderRule(await changeRule(c.get('ctx'), id, rule_id, config)), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'delete',
      path: `${path}/{rule_id}`,
      operationId: 'deleteGateRule',
      tags,
      summary: 'Remove a rule',
      description: 'Results that it has already judged stay as they are.',
      roles: ['admin'],
      request: { params: ruleParams('01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c48') },
      responses: { 200: { description: 'It is gone.', content: json(deletedSchema) } },
      refuses: ['not_found'],
    }),
    async (c) => {
      const { id, rule_id } = c.req.valid('param')
      await deleteRule(c.get('ctx'), id, rule_id)
      return c.json({ id: rule_id, deleted: true as const }, 200)
    },
  )

interface RuleConfig {
  threshold: number
  fields?: string[]
}

type ParsedRule = Omit<Rule, 'config' | 'gate_id'> & { config: RuleConfig }

function renderRule({ config, ...rule }: Pick<Rule, 'id' | 'type' | 'config' | 'created_at' | 'updated_at'>) {
  return renderParsedRule({ ...rule, config: JSON.parse(config) as RuleConfig })
}

/** The rules of a gate, as it has them: a JSON array. */
export function renderRules(rules: Gate['rules']) {
  return (JSON.parse(rules) as ParsedRule[]).map(renderParsedRule)
}

function renderParsedRule({ id, type, config, created_at, updated_at }: ParsedRule) {
  return { id, type, config, created_at: iso(created_at), updated_at: iso(updated_at) }
}
