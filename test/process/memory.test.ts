import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import type { CheckType } from '../../src/structuring/check-config.ts'
import { Effort } from '../../src/structuring/effort.ts'
import { judge, ready } from '../../src/structuring/judge.ts'
import { JsonReader } from '../../src/json-reader.ts'

/* What an isolate holds in memory, against what it takes itself to hold. */

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
function heap(): number {
  collect()
  return process.memoryUsage().heapUsed
}

const list = (length: number, each: (n: number) => string) => Array.from({ length }, (_, n) => each(n)).join(',')
const field = '"field":"a"'
const configs: [string, CheckType, string][] = [
  ['bounds', 'value_range', `{${field},"min":${'1'.repeat(5_000)}}`],
  ['short values', 'allowed_values', `{${field},"values":[${list(1_000, (n) => String(n))}]}`],
  ['long values', 'allowed_values', `{${field},"values":[${list(1_000, (n) => `"${String(n).padEnd(200, 'x')}"`)}]}`],
  ['objects', 'json_schema', `{"schema":{"anyOf":[${list(8_000, () => '{}')}]}}`],
  ['shapes', 'json_schema', `{"schema":{"const":[${list(2_500, (n) => `{"${n.toString(36)}_":1}`)}]}}`],
  ['properties', 'json_schema', `{"schema":{"properties":{${list(2_500, (n) => `"${n.toString(36)}":{}`)}}}}`],
  ['arrays', 'json_schema', `{"schema":{"enum":[${list(900, () => '[[],[],[],[],[],[],[],[],[]]')}]}}`],
  ['a plain pattern', 'field_format', `{${field},"pattern":"^\\\\d{4}-\\\\d{2}$"}`],
  ['a large program', 'field_format', `{${field},"pattern":"(ab|cd|ef){199}"}`],
  ['many classes', 'field_format', `{${field},"pattern":"\\\\pL{60}"}`],
  ['many states', 'field_format', `{${field},"pattern":"(a|b)*a(a|b){12}c"}`],
]

test.each(configs)('a check with %s holds no more than it says, also when it has judged', async (_, type, config) => {
  const letters = 'abcdefgäöüßéèñабвгд漢字仮名'
  const judged = Array.from({ length: 40 }, (_, n) => {
    const text = Array.from(
      { length: 400 },
      (_, at) => letters[(n * 7 + at * at * (n + 1)) % (n % 2 ? 2 : letters.length)],
    )
    return JSON.stringify({ a: text.join('') })
  })
  const submissions = judged.map((json) => ({
    data: new JsonReader(json),
    plain: JSON.parse(json) as unknown,
    confidence: null,
    reported: new Map(),
  }))
  const make = async () => {
    // A text of its own, as the database gives it.
    const check = await ready({
      id: 'c',
      name: 'c',
      type,
      severity: 'error',
      config: JSON.parse(JSON.stringify(config)),
    })
    for (const submission of submissions) judge(check, submission, new Effort())
    return check
  }
  const { weight } = await make()
  // What else this process happens to hold for the first time makes a round heavier, and never lighter: one that is
  // light enough will do.
  let held = Infinity
  for (let round = 0; round < 3 && held >= weight; round += 1) {
    const before = heap()
    const kept = []
    for (let n = 0; n < 8; n += 1) kept.push(await make())
    held = (heap() - before) / kept.length
  }
  expect(held).toBeLessThan(weight)
})

test.each([
  ['beside what is kept', '{"data":{},"more":[', '1,', '1]}'],
  ['in what is kept', '{"data":[', '{},', '1]}'],
  ['and names', '{"data":{"a":[', '{"a":1},', '1]}}'],
])('a body of many small values %s is read in little memory', async (_, before, each, after) => {
  const { outputFiles } = await build({
    entryPoints: ['src/http/raw-json.ts'],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    mainFields: ['module', 'main'],
  })
  const body = `${before}${each.repeat(Math.floor(2 ** 20 / each.length))}${after}`
  const read = `require('node:worker_threads').parentPort.postMessage(
    module.exports.readMember(${JSON.stringify(body)}, { member: 'data', isUnique: true }).faults.length)`
  const worker = new Worker(`${outputFiles[0]!.text};${read}`, {
    eval: true,
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 8 },
  })
  const [faults] = (await once(worker, 'message')) as [number]
  expect(faults).toBeLessThanOrEqual(1)
  await worker.terminate()
})
