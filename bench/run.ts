// `npm run bench`: how fast it is beside what it could be, written to bench/results and docs/benchmarks.md.
//
//   npm run bench                 everything
//   npm run bench -- peers        installs what peers are made of (bench/peers), if it is not there yet
//   npm run bench -- speed        each operation beside a raw Worker that runs the same SQL, and beside peers
//   npm run bench -- batches      a batch of 10,000 claims beside the three statements that any would need
//   npm run bench -- webhooks      how many a second one receiver gets, near to D1 and far from it, beside a bare loop
//   npm run bench -- growth        rows and CPU at a thousand to a million stored approvals
//   npm run bench -- report        docs/benchmarks.md anew, from what was measured last
//   npm run bench -- profile       where the Worker's own CPU goes, by sampling it under load, or delivering webhooks
//   npm run bench -- parts        parts of it in its own runtime: judging, voting, batches, a history changed at random
//
//   --starts=1 --rounds=3 --seconds=0.3 --claims=100000 --connections=1,16,64 --only=read,list    for a shorter run
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { batches } from './batches.ts'
import { growth } from './growth.ts'
import { profile } from './profile.ts'
import { installPeers } from './peers.ts'
import { report } from './report.ts'
import { root } from './service.ts'
import { speed } from './speed.ts'
import { profileWebhooks, webhooks } from './webhooks.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    starts: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '0.2' },
    claims: { type: 'string', default: '1000000' },
    connections: { type: 'string', default: '1,16,64' },
    only: { type: 'string', default: '' },
  },
})

/** How often a bench does what it compares: the machine is not as fast all the time, so many short rounds say more. */
const rounds = (usual: number) => Number(values.rounds ?? usual)
const only = values.only === '' ? [] : values.only.split(',')

const benches: Record<string, () => Promise<void> | void> = {
  peers: installPeers,
  speed: () =>
    speed({
      starts: Number(values.starts),
      rounds: rounds(90),
      seconds: Number(values.seconds),
      claims: Number(values.claims),
      connections: values.connections.split(',').map(Number),
      only,
    }),
  batches: () => batches(rounds(41)),
  webhooks: () => webhooks(rounds(5)),
  growth: () => growth(Number(values.claims)),
  report,
  async profile() {
    if (only.length === 0 || only.includes('webhooks')) await profileWebhooks()
    const operations = only.filter((name) => name !== 'webhooks')
    if (only.length === 0 || operations.length > 0)
      await profile(Number(values.claims), 15 * Number(values.seconds), operations)
  },
  parts() {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'bench/parts/vitest.config.ts'], {
      cwd: root,
      stdio: 'inherit',
    })
    process.exitCode = status ?? 1
  },
}

const chosen =
  positionals.length > 0 ? positionals : ['peers', 'speed', 'batches', 'webhooks', 'growth', 'parts', 'report']
const unknown = chosen.filter((name) => !Object.hasOwn(benches, name))
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}.`)
  process.exit(1)
}
for (const name of chosen) await benches[name]!()
