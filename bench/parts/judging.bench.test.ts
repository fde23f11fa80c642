import { test } from 'vitest'
import { evaluate, type ReadyGate } from '../../src/structuring/evaluate.ts'
import { JsonReader } from '../../src/json-reader.ts'
import { ready } from '../../src/structuring/judge.ts'

/* How the time of judging grows with the checks of a gate, against merely parsing the data. Everybody takes turns. */

const sizes = [1, 10, 100]
const rounds = 200

const data = JSON.stringify({
  invoice: { no: 'R-17', lines: Array.from({ length: 100 }, (_, n) => ({ n, text: `Line ${n}`, amount: n * 100 })) },
  total_amount: 1_500_000,
  currency: 'EUR',
})
const configs = [
  ['value_range', '{"field":"total_amount","max":1000000}'],
  ['field_format', '{"field":"/invoice/no","pattern":"^R-\\\\d+$"}'],
  ['allowed_values', '{"field":"currency","values":["EUR","CHF"]}'],
  ['json_schema', '{"schema":{"required":["invoice"],"properties":{"total_amount":{"type":"integer"}}}}'],
] as const

async function gate(size: number): Promise<ReadyGate> {
  const checks = Array.from({ length: size }, (_, n) => {
    const [type, config] = configs[n % configs.length]!
    return ready({ id: `c${n}`, name: `c${n}`, type, severity: 'error', config })
  })
  return { checks: await Promise.all(checks), rules: [], queue_warnings: true }
}

const gates = await Promise.all(sizes.map(gate))
const parse = () => ({
  data: new JsonReader(data),
  plain: JSON.parse(data) as unknown,
  confidence: 1,
  reported: new Map(),
})

function time(work: () => unknown): number {
  const started = performance.now()
  for (let n = 0; n < rounds; n += 1) work()
  return performance.now() - started
}

test('judging', () => {
  const taken = new Map<string, number[]>()
  const note = (name: string, ms: number) => taken.set(name, [...(taken.get(name) ?? []), ms])
  for (let round = 0; round < 7; round += 1) {
    note('parsing alone', time(parse))
    for (const [index, one] of gates.entries())
      note(
        `${sizes[index]} checks`,
        time(() => evaluate(one, parse())),
      )
  }
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[3] as number
  const base = median(taken.get('parsing alone')!)
  for (const [name, values] of taken) console.log(`${name}: ${(median(values) / base).toFixed(2)} × parsing alone`)
})
