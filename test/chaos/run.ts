// `npm run chaos`: tries to break the real server, and says whether it did.
//
//   npm run chaos -- [--seed N] [--seconds 60] [--connections 32] [--requests 100000]
//
// --seed         what all choices follow from; printed, so that a run can be repeated
// --seconds      how long the server works while it is killed every few seconds; 0 leaves that out
// --connections  how many callers there are at once
// --requests     how many requests with generated input are sent to every operation; 0 leaves that out
//
// Ends with status 1 and the first thing that is wrong. The choices repeat with the seed, the timing does not: what
// hangs on the moment of a kill may take a few runs.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { generatedInput } from './generated-input.ts'
import { underKills } from './under-kills.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({ options: { seed: text, seconds: text, connections: text, requests: text } })
const seed = values.seed ?? String(randomInt(1_000_000))
const number = (name: 'seconds' | 'connections' | 'requests', otherwise: number) => {
  const given = Number(values[name] ?? otherwise)
  if (Number.isInteger(given) && given >= 0) return given
  throw new Error(`--${name} must be a whole number, not ${values[name]}`)
}
const effort = { seed, seconds: number('seconds', 60), connections: number('connections', 32) }
const requests = number('requests', 100_000)

console.log(`Seed ${seed}`)
try {
  if (effort.seconds > 0) print('Killed every few seconds', await underKills(effort))
  if (requests > 0) print('Generated input', await generatedInput({ ...effort, requests }))
  console.log('\nNothing was lost, doubled, out of order, miscounted or unverifiable; no 5xx.')
} catch (error) {
  const { seconds, connections } = effort
  const again = `--seed ${seed} --seconds ${seconds} --connections ${connections} --requests ${requests}`
  console.error(`\nBROKEN: ${(error as Error).stack}\n\nTo repeat it: npm run chaos -- ${again}`)
  process.exitCode = 1
}

function print(title: string, lines: string[]): void {
  console.log([`\n${title}:`, ...lines.map((line) => `  ${line}`)].join('\n'))
}
