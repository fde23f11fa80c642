import { stepSize } from '../src/claims/advance-batch.ts'
import type { BatchResults } from './batches.ts'
import { micros, rate, table } from './markdown.ts'
import { median, ofRounds } from './median.ts'
import { bars } from './plots.ts'
import { peersEvery, type Measured, type SpeedResults } from './speed.ts'

export function ofSpeed({ measured, starts, rounds, seconds, claims }: SpeedResults): string {
  const rows = measured
    .filter(({ target }) => target === 'product')
    .map((product) => {
      const raw = find(measured, product, 'raw')!
      const cells = [product.title, product.connections, micros(product.cpuMicros), micros(raw.cpuMicros)]
      const [low, middle, high] = quartiles(ofRounds(product.cpuMicros, raw.cpuMicros)).map((ratio) => ratio.toFixed(2))
      return [...cells, middle!, `${low}–${high}`, rate(product.perSecond), rate(raw.perSecond)]
    })
  return `## Beside a raw Worker

The limit is a Worker of forty lines that runs the very same statements on the same D1, in the same process: no keys, no checks of
input, no headers (\`bench/raw/\`). ${claims.toLocaleString('en')} claims are stored. Medians of ${rounds} rounds
of ${seconds} s in turns, in ${starts} starts of the runtime, because two isolates that run the same code differ by some hundredths. The
machine is not as fast all the time, so a ratio is the median of the rounds' own, of which both sides ran one right after the other; the
spread is the middle half of them. Over all connections the ratio is ${overAll(measured)}.

![CPU of an operation, raw = 1](images/speed.svg)

${table(['operation', 'connections', 'CPU µs', 'raw CPU µs', 'ratio', 'spread', 'a second', 'raw a second'], rows)}`
}

/** The ratio of each operation, of all rounds at all numbers of connections. */
function overAll(measured: readonly Measured[]): string {
  const names = [...new Set(measured.map(({ operation }) => operation))]
  return names
    .map((name) => {
      const products = measured.filter(({ operation, target }) => operation === name && target === 'product')
      const all = products.flatMap((product) => ofRounds(product.cpuMicros, find(measured, product, 'raw')!.cpuMicros))
      return `${median(all).toFixed(2)} (${name})`
    })
    .join(', ')
}

/** A quarter of them is less than the first, half than the second, three quarters than the third. */
function quartiles(numbers: readonly number[]): [low: number, middle: number, high: number] {
  const sorted = numbers.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.round(part * (sorted.length - 1))] ?? NaN
  return [at(0.25), median(sorted), at(0.75)]
}

/** What another target made of the same. */
function find(measured: readonly Measured[], { operation, connections }: Measured, target: string) {
  return measured.find((one) => one.operation === operation && one.connections === connections && one.target === target)
}

/** A bar for the CPU of each operation. */
export function ratios({ measured }: SpeedResults): string {
  const at16 = measured.filter(({ target, connections }) => target === 'product' && connections === 16)
  const values = at16.map((product) => {
    return {
      label: product.operation,
      value: median(ofRounds(product.cpuMicros, find(measured, product, 'raw')!.cpuMicros)),
    }
  })
  return bars('CPU of an operation at 16 connections, raw = 1', values)
}

/** What peers are called on the page. */
const titles: Record<string, string> = { 'fastify-postgres': 'Fastify + PostgreSQL', 'hono-sqlite': 'Hono + SQLite' }

export function ofPeers({ measured, peers }: SpeedResults): string {
  const names = Object.keys(titles).filter((name) => measured.some(({ target }) => target === name))
  if (names.length === 0) return '## Beside peers\n\nNone could be had on the machine that this was measured on.'
  const isOfPeers = ({ operation }: Measured) =>
    measured.some((one) => one.operation === operation && names.includes(one.target))
  const rows = measured
    .filter((one) => one.target === 'product' && isOfPeers(one))
    .map((product) => {
      const { title, connections, cpuMicros, perSecond } = product
      const theirs = names
        .map((name) => find(measured, product, name))
        .flatMap((peer) => {
          if (!peer) return ['–', '–', '–']
          const ratio = median(cpuMicros) / median(peer.cpuMicros)
          return [micros(peer.cpuMicros), ratio.toFixed(1), rate(peer.perSecond)]
        })
      return [title, connections, micros(cpuMicros), rate(perSecond), ...theirs]
    })
  const columns = ['CPU µs', 'a second', ...names.flatMap((name) => [`${titles[name]}: CPU µs`, 'ratio', 'a second'])]
  const versions = names.map((name) =>
    Object.entries(peers[name] ?? {})
      .map(([what, version]) => `${what} ${version}`)
      .join(', '),
  )
  return `## Beside peers

The same paths, keys, bodies and statuses on the means that one would take elsewhere (\`bench/peers/\`): Fastify with PostgreSQL, and Hono
with better-sqlite3 on Node. They take turns with the Worker in one of ${peersEvery} rounds, on as many claims. CPU is that of a call, database included; the ratio is
Countersign's to the peer's.

${table(['operation', 'connections', ...columns], rows)}

Most of that is the emulated D1, which a call reaches over RPC: the raw Worker, which does nothing but run the SQL, takes
${ofRaw(measured, names)} times a peer's CPU itself. In production D1 is another machine's work, and none of the Worker's CPU.

| | Countersign | Fastify + PostgreSQL | Hono + SQLite |
| --- | --- | --- | --- |
| Database | D1 under Miniflare, in workerd, over RPC | processes of its own, over a Unix socket, a pool of 10 | in the process |
| A write | one \`batch\` of statements | one prepared statement of several \`WITH\` parts | one transaction of prepared statements |
| Durable when answered | yes | yes: \`fsync\`, \`synchronous_commit\`, \`full_page_writes\` on | yes: WAL, \`synchronous = FULL\` |
| API key | looked up by its SHA-256, remembered for 25 s | the same | the same |
| Body and query validated | Zod | JSON Schema (Ajv), answers serialised by schema | Zod |
| Refusals as RFC 9457 problems, with a request id | yes | yes | yes |
| Idempotency-Key in the same transaction, replayed | yes | yes | yes |
| An event in the same transaction, numbered in the tenant without a gap | yes | yes | yes |
| Totals from tallies, kept in the same transaction | by triggers | by the same statement | by the same transaction |
| Pages by cursor, filters by status and claimant, an index for each | yes | yes | yes |
| Nobody decides their own; the loser of a race is told the winner | yes | yes | yes |
| Policies, votes of several, restricted approvals, several kinds in one list | yes | no | no |
| The digest of what is decided, ETags and If-Match, sealed history, receipts | yes | no | no |
| Webhooks, long polls, batches, OpenAPI, pages for people | yes | no | no |
| Tokens of an identity provider, rate limits, \`Server-Timing\`, security headers | yes (rates are off here) | no | no |
| Idempotency-Keys forgotten after a day | yes | no | no |

${versions.join('; ')}. Both on the Node that is named below.`
}

/** From how many to how many times a peer's CPU the raw Worker takes. */
function ofRaw(measured: readonly Measured[], names: readonly string[]): string {
  const ratios = measured
    .filter(({ target }) => names.includes(target))
    .map((peer) => median(find(measured, peer, 'raw')!.cpuMicros) / median(peer.cpuMicros))
  return `${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)}`
}

export function ofBatches({ approved, size, rounds }: BatchResults): string {
  const [product, raw] = (['product', 'raw'] as const).map((name) => approved.find(({ target }) => target === name)!)
  const ratio = median(ofRounds(product!.cpuMs, raw!.cpuMs))
  const cells = [product!, raw!].flatMap(({ ms, cpuMs }) => [micros(ms), micros(cpuMs)])
  const titles = ['ms', 'CPU ms', 'raw ms', 'raw CPU ms', 'ratio of CPU']
  return `## A batch of ${size.toLocaleString('en')}

From the request until the stream of its events says that all are approved, in steps of ${stepSize.toLocaleString('en')} claims; medians of ${rounds} rounds, the ratio
of their own. Raw are the three
statements that any would need, all at once: approve, a vote each, an event each. The product also keeps which claims a batch has, in
which order, and what became of each, and can be followed and cancelled between its steps.

${table(['', ...titles], [['approve', ...cells, ratio.toFixed(2)]])}`
}
