import { expect, test } from 'vitest'
import { configFaults, type CheckType } from '../../src/structuring/check-config.ts'
import { evaluate, type ReadyGate } from '../../src/structuring/evaluate.ts'
import { ready } from '../../src/structuring/judge.ts'
import { JsonReader } from '../../src/json-reader.ts'

const submission = (data: string, more: { confidence?: number; reported?: [string, any][] } = {}) => ({
  data: new JsonReader(data),
  plain: JSON.parse(data) as unknown,
  confidence: more.confidence ?? null,
  reported: new Map(more.reported),
})

async function gate(...checks: [CheckType, string, ('warning' | 'error')?][]): Promise<ReadyGate> {
  return {
    queue_warnings: true,
    rules: [],
    checks: await Promise.all(
      checks.map(([type, config, severity = 'error'], index) =>
        ready({ id: `c${index}`, name: type, type, severity, config }),
      ),
    ),
  }
}

/** What one check says of data. */
async function said(type: CheckType, config: string, data: string) {
  expect([config, await configFaults(type, JSON.parse(config))]).toEqual([config, []])
  const [outcome] = evaluate(await gate([type, config]), submission(data))
  return outcome!.passed ? 'passed' : (JSON.parse(JSON.stringify(outcome!.details)) as unknown)
}

test.each([
  ['value_range', '{"field":"a","min":1,"max":3}', '{"a":3}', 'passed'],
  ['value_range', '{"field":"a","min":1,"max":3}', '{"a":3.0000000000000000001}', expect.anything()],
  ['value_range', '{"field":"a","max":3}', '{"a":4}', { field: 'a', value: 4, max: 3 }],
  ['value_range', '{"field":"a","max":9007199254740993}', '{"a":9007199254740993}', 'passed'],
  ['value_range', '{"field":"a","max":9007199254740992}', '{"a":9007199254740993}', expect.anything()],
  ['value_range', '{"field":"a","max":0.3}', '{"a":0.30000000000000000001}', expect.anything()],
  ['value_range', '{"field":"a","max":1e308}', '{"a":1e400}', expect.anything()],
  [
    'value_range',
    '{"field":"a","max":3}',
    '{"a":"2"}',
    { field: 'a', value: '2', max: 3, reason: 'its type is string, not number' },
  ],
  ['value_range', '{"field":"a","max":3}', '{}', { field: 'a', reason: 'is missing' }],
  ['value_range', '{"field":"/b/0/c~1d","max":3}', '{"b":[{"c/d":2}]}', 'passed'],
  ['value_range', '{"field":"/b/00","max":3}', '{"b":[1]}', { field: '/b/00', reason: 'is missing' }],
  ['value_range', '{"field":"b.c","max":3}', '{"b.c":2}', 'passed'],
  ['value_range', '{"field":"a","max":3}', '{"a":9,"a":1}', 'passed'],
  ['required_field', '{"field":"__proto__"}', '{}', { field: '__proto__', reason: 'is missing' }],
  ['required_field', '{"field":"constructor"}', '{}', { field: 'constructor', reason: 'is missing' }],
  ['required_field', '{"field":"__proto__"}', '{"__proto__":1}', 'passed'],
  ['required_field', '{"field":"a"}', '{"a":null}', { field: 'a', value: null, reason: 'is empty' }],
  ['required_field', '{"field":"a"}', '{"a":""}', { field: 'a', value: '', reason: 'is empty' }],
  ['required_field', '{"field":"a"}', '{"a":false}', 'passed'],
  ['field_format', '{"field":"a","pattern":"^\\\\d{4}-\\\\d{2}$"}', '{"a":"2026-03"}', 'passed'],
  ['field_format', '{"field":"a","pattern":"^x"}', '{"a":"yx"}', { field: 'a', value: 'yx', pattern: '^x' }],
  ['field_format', '{"field":"a","pattern":"x"}', '{"a":"yx"}', 'passed'],
  ['field_format', '{"field":"a","pattern":"^1\\\\.10$"}', '{"a":1.10}', 'passed'],
  [
    'field_format',
    '{"field":"a","pattern":"x"}',
    '{"a":[1]}',
    expect.objectContaining({ reason: 'its type is array, not string or number' }),
  ],
  ['allowed_values', '{"field":"a","values":["EUR",1,null]}', '{"a":"EUR"}', 'passed'],
  ['allowed_values', '{"field":"a","values":["EUR",1,null]}', '{"a":1.0}', 'passed'],
  [
    'allowed_values',
    '{"field":"a","values":["EUR",1,null]}',
    '{"a":"1"}',
    { field: 'a', value: '1', allowed: ['EUR', 1, null] },
  ],
  [
    'allowed_values',
    '{"field":"a","values":["EUR"]}',
    '{"a":{"b":"EUR"}}',
    { field: 'a', value: '{"b":"EUR"}', allowed: ['EUR'] },
  ],
  ['cross_field', '{"left":"a","op":"<=","right":"b"}', '{"a":0.1,"b":0.10}', 'passed'],
  ['cross_field', '{"left":"a","op":"lt","right":"b"}', '{"a":9007199254740992,"b":9007199254740993}', 'passed'],
  ['cross_field', '{"left":"a","op":">","right":"b"}', '{"a":"2026-02-01","b":"2026-01-31"}', 'passed'],
  ['cross_field', '{"left":"a","op":"!=","right":"b"}', '{"a":1,"b":"1"}', 'passed'],
  ['cross_field', '{"left":"a","op":"eq","right":"b"}', '{"a":"\\u0041","b":"A"}', 'passed'],
  [
    'cross_field',
    '{"left":"a","op":"==","right":"b"}',
    '{"a":1,"b":2}',
    { left: 'a', op: '==', right: 'b', left_value: 1, right_value: 2 },
  ],
  [
    'cross_field',
    '{"left":"a","op":"<","right":"b"}',
    '{"a":1,"b":"2"}',
    expect.objectContaining({ reason: 'number and string cannot be compared so' }),
  ],
  [
    'cross_field',
    '{"left":"a","op":"<","right":"b"}',
    '{}',
    { left: 'a', op: '<', right: 'b', reason: 'a and b are missing' },
  ],
  [
    'json_schema',
    '{"schema":{"type":"object","required":["a"],"properties":{"a":{"type":"integer","minimum":1}}}}',
    '{"a":1}',
    'passed',
  ],
  [
    'json_schema',
    '{"schema":{"properties":{"a":{"minimum":1}}}}',
    '{"a":0}',
    { errors: expect.arrayContaining([{ path: '/a', message: '0 is less than 1.' }]) },
  ],
  ['json_schema', '{"schema":{"properties":{"pattern":{"const":"x"},"format":true}}}', '{"pattern":"x"}', 'passed'],
  ['json_schema', '{"schema":false}', '{}', expect.anything()],
  ['reported', '{}', '{}', { reason: 'its outcome was not reported' }],
] as [CheckType, string, string, unknown][])('%s %s says of %s: %j', async (type, config, data, expected) => {
  expect(await said(type, config, data)).toEqual(expected)
})

test('numbers are shown digit by digit, long values are cut', async () => {
  const [outcome] = evaluate(
    await gate(['value_range', '{"field":"a","max":1}']),
    submission('{"a":9007199254740993.10}'),
  )
  expect(JSON.stringify(outcome!.details)).toBe('{"field":"a","value":9007199254740993.10,"max":1}')
  const long = `{"a":"${'x'.repeat(10_000)}"}`
  expect(JSON.stringify(await said('field_format', '{"field":"a","pattern":"y"}', long)).length).toBeLessThan(300)
})

test.each([
  ['value_range', '{"field":"a"}', [[]]],
  ['value_range', '{"field":"a","min":2,"max":1}', [['min']]],
  ['value_range', '{"field":"","min":"2","x":1}', [['field'], ['min'], ['x']]],
  ['value_range', '{"field":"/a~2","min":2}', [['field']]],
  ['field_format', '{"field":"a","pattern":"("}', [['pattern']]],
  ['field_format', '{"field":"a","pattern":"(?=x)"}', [['pattern']]],
  ['field_format', '{"field":"a","pattern":"(a)\\\\1"}', [['pattern']]],
  ['field_format', '{"field":"a","pattern":"((a{1,99}){1,99}){1,9}"}', [['pattern']]],
  ['field_format', '{"field":"a"}', [['pattern']]],
  ['required_field', '{}', [['field']]],
  ['allowed_values', '{"field":"a","values":[]}', [['values']]],
  ['cross_field', '{"left":"a","op":"~","right":"b"}', [['op']]],
  ['reported', '{"x":1}', [['x']]],
  ['json_schema', '{}', [['schema']]],
  ['json_schema', '{"schema":{"pattern":"(a+)+$"}}', [['schema', 'pattern']]],
  [
    'json_schema',
    '{"schema":{"allOf":[{"properties":{"a":{"patternProperties":{}}}}]}}',
    [['schema', 'allOf', 0, 'properties', 'a', 'patternProperties']],
  ],
  [
    'json_schema',
    '{"schema":{"items":{"format":"email","$ref":"#"}}}',
    [
      ['schema', 'items', 'format'],
      ['schema', 'items', '$ref'],
    ],
  ],
  ['json_schema', '{"schema":{"dependencies":{"a":{"pattern":"x"}}}}', [['schema', 'dependencies']]],
  ['json_schema', '{"schema":{"$recursiveRef":"#"}}', [['schema', '$recursiveRef']]],
  ['json_schema', '{"schema":{"requierd":["a"]}}', [['schema', 'requierd']]],
  ['json_schema', '{"schema":{"anyOf":{"a":1}}}', [['schema', 'anyOf']]],
  ['json_schema', '{"schema":{"required":5}}', [['schema', 'required']]],
  ['json_schema', '{"schema":{"required":"name"}}', [['schema', 'required']]],
  ['json_schema', '{"schema":{"maximum":"ten"}}', [['schema', 'maximum']]],
  [
    'json_schema',
    `{"schema":{"required":${JSON.stringify(Array.from({ length: 501 }, () => 'a'))}}}`,
    [['schema', 'required']],
  ],
  [
    'json_schema',
    `{"schema":{"type":${JSON.stringify(Array.from({ length: 8 }, () => 'null'))}}}`,
    [['schema', 'type']],
  ],
  [
    'json_schema',
    `{"schema":{"allOf":[${'5,'.repeat(5_000)}5]}}`,
    Array.from({ length: 100 }, (_, n) => ['schema', 'allOf', n]),
  ],
  ['json_schema', '{"schema":{"type":"int"}}', [['schema', 'type']]],
  [
    'json_schema',
    '{"schema":{"constructor":1,"toString":1}}',
    [
      ['schema', 'constructor'],
      ['schema', 'toString'],
    ],
  ],
  ['json_schema', `{"schema":{"const":"${'x'.repeat(33_000)}"}}`, [['schema']]],
  ['json_schema', `{"schema":${'{"not":'.repeat(100)}true${'}'.repeat(100)}}`, [expect.arrayContaining(['not'])]],
] as [CheckType, string, unknown[]][])(
  'a %s check with the config %.100s has faults at %j',
  async (type, config, paths) => {
    const faults = await configFaults(type, JSON.parse(config))
    expect(faults.map(({ path }) => path)).toEqual(paths)
    for (const { message } of faults) expect(message).toMatch(/^\w/)
  },
)

/** No budget of time: a catastrophe here takes minutes, if it ends at all. */
function soon(judge: () => unknown) {
  const started = performance.now()
  judge()
  expect(performance.now() - started).toBeLessThan(20_000)
}

test('no pattern hangs, whatever the text', async () => {
  const text = `${'a'.repeat(250_000)}!`
  const dearest = [
    '(a+)+$',
    '^(a|a)*$',
    '(a?){300}a{300}$',
    '(.*a){30}z',
    '((a|b|ab)*c?){40}$',
    '(x+x+)+y',
    '(?i)(\\\\w*\\\\d*){90}$',
  ]
  const patterns = dearest.map((one): [CheckType, string] => ['field_format', `{"field":"a","pattern":"${one}"}`])
  const judging = await gate(...patterns)
  soon(() => evaluate(judging, submission(`{"a":"${text}"}`)))
})

const numbers = (many: number) => JSON.stringify(Array.from({ length: many }, (_, index) => index))
const long = 'x'.repeat(240_000)
const names = (many: number) => JSON.stringify(Array.from({ length: many }, (_, n) => `name ${n}`))

test.each([
  [
    'elements that are compared with each other',
    '{"properties":{"a":{"uniqueItems":true}}}',
    `{"a":${numbers(40_000)}}`,
  ],
  [
    'many subschemas for many values',
    `{"properties":{"a":{"items":{"anyOf":${JSON.stringify(Array.from({ length: 900 }, (_, n) => ({ const: `x${n}` })))}}}}}`,
    `{"a":${numbers(40_000)}}`,
  ],
  [
    'the length of a long text, many times',
    `{"properties":{"a":{"allOf":${JSON.stringify(Array.from({ length: 900 }, () => ({ maxLength: 300_000 })))}}}}`,
    `{"a":"${long}"}`,
  ],
  [
    'many names that are missing, where one element of many might do',
    `{"properties":{"a":{"contains":{"required":${names(500)}}}}}`,
    `{"a":[${'{},'.repeat(4_999)}{}]}`,
  ],
  [
    'many names that a name asks for',
    `{"properties":{"a":{"items":{"anyOf":[{"dependentRequired":{"b":${names(500)}}},true]}}}}`,
    `{"a":[${'{"b":0},'.repeat(999)}{}]}`,
  ],
  [
    'a long name that is no good many times',
    `{"allOf":${JSON.stringify(Array.from({ length: 900 }, () => ({ propertyNames: false })))}}`,
    `{"${'語'.repeat(80_000)}":1}`,
  ],
  [
    'divisions of large numbers by small ones',
    `{"properties":{"a":{"items":{"allOf":${JSON.stringify(Array.from({ length: 10 }, () => ({ multipleOf: 1e-300 })))}}}}}`,
    `{"a":[${'1e300,'.repeat(10_000)}1]}`,
  ],
  [
    'a long constant that many values miss',
    `{"properties":{"a":{"contains":{"const":"${'x'.repeat(30_000)}"}}}}`,
    `{"a":${numbers(15_000)}}`,
  ],
])('what a schema costs is known before it is begun: %s', async (_, schema, data) => {
  expect(await configFaults('json_schema', { schema: JSON.parse(schema) })).toEqual([])
  const judging = await gate(['json_schema', `{"schema":${schema}}`])
  soon(() => {
    const [outcome] = evaluate(judging, submission(data))
    expect(outcome!.details).toEqual({ reason: expect.stringContaining('more work') })
  })
})

test('long values, many allowed values, many checks: bounded as well', async () => {
  const number = '1'.repeat(250_000)
  const values = JSON.stringify(Array.from({ length: 1_000 }, (_, index) => index))
  const kinds: [CheckType, string][] = [
    ['allowed_values', `{"field":"a","values":${values}}`],
    ['value_range', '{"field":"a","min":0,"max":1}'],
    ['cross_field', '{"left":"a","op":"<","right":"a"}'],
  ]
  const hundred = Array.from({ length: 100 }, (_, index) => kinds[index % 3]!)
  const judging = await gate(...hundred)
  soon(() => {
    const outcomes = evaluate(judging, submission(`{"a":${number}}`))
    expect(outcomes.at(-1)!.details).toMatchObject({ reason: expect.stringContaining('more work') })
  })
  const coverage = {
    id: 'r',
    type: 'field_coverage' as const,
    config: { threshold: 1, fields: Array.from({ length: 200 }, (_, n) => `f${n}`) },
  }
  const members = JSON.stringify(Object.fromEntries(Array.from({ length: 40_000 }, (_, n) => [`m${n}`, 0])))
  soon(() =>
    evaluate(
      { checks: [], rules: Array.from({ length: 20 }, () => coverage), queue_warnings: true },
      submission(members),
    ),
  )
})

const rule = (type: any, threshold: number, fields?: string[]) => ({
  id: `r_${type}`,
  type,
  config: { threshold, fields },
})

test('rules: confidence, the share of checks that passed, the share of fields that are there', async () => {
  const { checks } = await gate(['required_field', '{"field":"a"}'], ['required_field', '{"field":"b"}'])
  const judged = (rules: any[], data: string, confidence?: number) =>
    evaluate({ checks, rules, queue_warnings: true }, submission(data, { confidence })).slice(checks.length)
  expect(judged([rule('min_confidence', 0.7)], '{}', 0.7)).toMatchObject([{ passed: true, queued: false }])
  expect(judged([rule('min_confidence', 0.7)], '{}', 0.69)).toMatchObject([
    {
      check_id: 'r_min_confidence',
      check_name: 'min_confidence',
      severity: 'error',
      queued: true,
      details: { confidence: 0.69, threshold: 0.7 },
    },
  ])
  expect(judged([rule('min_confidence', 0)], '{}')).toMatchObject([
    { passed: false, details: { reason: 'no confidence was given' } },
  ])
  expect(judged([rule('validation_pass_rate', 0.5)], '{"a":1}')).toMatchObject([{ passed: true }])
  expect(judged([rule('validation_pass_rate', 0.51)], '{"a":1}')).toMatchObject([
    { passed: false, details: { passed: 1, checks: 2 } },
  ])
  expect(judged([rule('field_coverage', 0.5)], '{"a":1,"b":""}')).toMatchObject([{ passed: true }])
  expect(judged([rule('field_coverage', 0.6)], '{"a":1,"b":""}')).toMatchObject([
    { passed: false, details: { present: 1, fields: 2, missing: ['b'] } },
  ])
  expect(judged([rule('field_coverage', 0.6, ['a', '/c/d', 'a'])], '{"a":1,"c":{"d":0}}')).toMatchObject([
    { passed: true },
  ])
  const without = {
    checks: [],
    rules: [rule('validation_pass_rate', 1), rule('field_coverage', 0.5)],
    queue_warnings: true,
  }
  expect(evaluate(without, submission('{"a":1,"b":null}')).map(({ passed }) => passed)).toEqual([true, true])
  expect(evaluate(without, submission('{"a":null}')).map(({ passed }) => passed)).toEqual([true, false])
  expect(evaluate(without, submission('{"a":null,"a":1}')).map(({ passed }) => passed)).toEqual([true, true])
  expect(evaluate(without, submission('{}')).map(({ passed }) => passed)).toEqual([true, true])
})

test('details stay short, whatever the names', async () => {
  const name = 'n'.repeat(100_000)
  const data = JSON.stringify({ [name]: null, b: { [name]: 1 } })
  const strict = '{"schema":{"properties":{"b":{"additionalProperties":false}}}}'
  const outcomes = evaluate(
    { ...(await gate(['json_schema', strict])), rules: [rule('field_coverage', 1)] },
    submission(data),
  )
  expect(outcomes.map(({ passed }) => passed)).toEqual([false, false])
  for (const { details } of outcomes) expect(JSON.stringify(details).length).toBeLessThan(3_000)
})

test('a failed error holds a result up; a failed warning does unless the gate says otherwise', async () => {
  const { checks } = await gate(
    ['required_field', '{"field":"a"}', 'warning'],
    ['required_field', '{"field":"b"}', 'error'],
  )
  const queued = (queue_warnings: boolean) =>
    evaluate({ checks, rules: [], queue_warnings }, submission('{}')).map((one) => one.queued)
  expect([queued(true), queued(false)]).toEqual([
    [true, true],
    [false, true],
  ])
})
