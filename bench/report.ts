import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BatchResults } from './batches.ts'
import type { GrowthResults } from './growth.ts'
import type { Machine } from './machine.ts'
import { micros, rate, table } from './markdown.ts'
import { median } from './median.ts'
import { lines } from './plots.ts'
import { ofBatches, ofPeers, ofSpeed, ratios } from './report-speed.ts'
import { load } from './results.ts'
import { root } from './service.ts'
import { warmUp, type SpeedResults } from './speed.ts'
import type { WebhookResults } from './webhooks.ts'

/** What Cloudflare asks for beyond what a paid plan includes, in dollars for a million. */
const prices = { rowsRead: 0.001, rowsWritten: 1, requests: 0.3, cpuMs: 0.02 }

/** Writes docs/benchmarks.md and its plots from what was measured last. */
export function report(): void {
  const fast = load<SpeedResults>('speed')
  const bulk = load<BatchResults>('batches')
  const sent = load<WebhookResults>('webhooks')
  const grown = load<GrowthResults>('growth')
  const images = join(root, 'docs/images')
  mkdirSync(images, { recursive: true })
  writeFileSync(join(images, 'speed.svg'), ratios(fast))
  writeFileSync(join(images, 'growth.svg'), growing(grown))
  const measured = [ofSpeed(fast), ofPeers(fast), ofBatches(bulk), ofWebhooks(sent), ofGrowth(grown), ofMoney(grown)]
  const page = [head, ...measured, ofMethod(fast, [fast, bulk, sent, grown])]
  writeFileSync(join(root, 'docs/benchmarks.md'), `${page.join('\n\n')}\n`)
}

const head = `# Benchmarks

\`\`\`sh
npm run bench                                                  # everything
npm run bench -- peers speed batches webhooks growth report    # what is on this page, 40 minutes
npm run bench -- speed --only=read,list                        # some operations anew, the rest as it was
\`\`\`

That measures all of this anew and writes this page from \`bench/results/*.json\`. Look at the ratios: times are those of the
machine that is named at the end, which other work may have shared. Peers are a package of their own, \`bench/peers\`, which the
first run installs; one of them wants PostgreSQL's programs (\`apt-get install postgresql\`, or \`PG_BIN\` for the folder that they
are in) and starts a cluster of its own with them, in a folder that goes when the run ends. Without them it is left out.`

function ofWebhooks({ delivered, events, rounds }: WebhookResults): string {
  const rows = delivered.map(({ addedMs, product, bare }) => [
    `${addedMs} ms`,
    ...[product, bare].map(({ perSecond }) => rate(perSecond)),
    (median(product.perSecond) / median(bare.perSecond)).toFixed(2),
    ...[product.cpuMicros, bare.cpuMicros, product.receiverMicros].map(micros),
  ])
  const titles = ['added to each round trip', 'a second', 'bare a second', 'ratio']
  return `## Webhooks

One endpoint, one receiver on this machine, one delivery after the other in the order of events; ${events.toLocaleString('en')} a
round, median of ${rounds}. The second line is what a D1 that is further away makes of it: one that recorded each attempt before it made
the next would stay below 50 a second there. Bare is a Durable Object that has nothing to do with any database and sends the very
same request in a loop, in turns with the product: \`await fetch\` and nothing else. CPU in µs of a webhook, of workerd (with
all of D1) and of the receiver, which lies between two webhooks as well and is as small as one can be.

${table([...titles, 'CPU', 'bare CPU', "receiver's CPU"], rows)}`
}

function ofGrowth({ grown, sizes }: GrowthResults): string {
  const names = [...new Set(grown.map(({ operation }) => operation))]
  const rows = names.map((name) => {
    const of = grown.filter(({ operation }) => operation === name)
    const cells = of.map(({ rowsRead, cpuMicros }) => `${rowsRead} / ${Math.round(cpuMicros)}`)
    return [`\`${name}\``, ...cells, of.at(-1)?.rowsWritten ?? 0]
  })
  return `## Growth

Rows read / CPU in µs of one call where so many approvals are stored, and rows written. Sweeps with nothing due read at most five
rows at any size, which \`test/budget\` counts.

![CPU over what is stored](images/growth.svg)

${table(['', ...sizes.map((size) => size.toLocaleString('en')), 'rows written'], rows)}`
}

function growing({ grown, sizes }: GrowthResults): string {
  const names = [...new Set(grown.map(({ operation }) => operation))]
  const series = names.map((name) => {
    return { label: name, values: grown.filter(({ operation }) => operation === name).map((one) => one.cpuMicros) }
  })
  return lines('CPU of a call in µs, by what is stored', sizes, series)
}

function ofMoney({ grown, sizes, bytesPerApproval }: GrowthResults): string {
  const largest = sizes.at(-1)
  const rows = ['create', 'read', 'decide'].flatMap((name) => {
    const one = grown.find(({ operation, stored }) => operation === name && stored === largest)
    if (!one) return []
    const dollars = {
      request: prices.requests,
      read: one.rowsRead * prices.rowsRead,
      written: one.rowsWritten * prices.rowsWritten,
      cpu: (one.cpuMicros / 1000) * prices.cpuMs,
    }
    const sum = Object.values(dollars).reduce((total, part) => total + part, 0)
    return [[name, ...[...Object.values(dollars), sum].map((part) => part.toFixed(3))]]
  })
  const total = rows.reduce((sum, row) => sum + Number(row.at(-1)), 0)
  return `## Money

In dollars for a million of each, beyond what the paid plan includes, of the rows measured above and of all CPU that was spent here,
that of the emulated database included, which Cloudflare does not bill so. A million approvals that are asked for, read and decided
cost $${total.toFixed(2)}; one that is decided takes ${bytesPerApproval.toLocaleString('en')} bytes with its history and indexes.

${table(['a million of', 'requests', 'rows read', 'rows written', 'CPU', 'together'], rows)}

Prices: [D1](https://developers.cloudflare.com/d1/platform/pricing/) $0.001 a million rows read, $1.00 a million rows written;
[Workers](https://developers.cloudflare.com/workers/platform/pricing/) $0.30 a million requests, $0.02 a million CPU milliseconds;
[Durable Objects](https://developers.cloudflare.com/durable-objects/platform/pricing/) $0.15 a million requests, of which
writes make one a second in each isolate and tenant while nobody waits for a decision.`
}

function ofMethod({ machine }: SpeedResults, results: readonly { machine: Machine }[]): string {
  const when = results.map(({ machine }) => machine.at.slice(0, 16).replace('T', ' ')).toSorted()
  return `## How it is measured

- The Worker is bundled and minified as it is deployed, and runs in workerd under Miniflare, on a socket of its own: no proxy, no
  request log, no rate limit. D1 is Miniflare's, in the same process.
- What a raw Worker runs is recorded: \`bench/raw/recorder.ts\` is the product with a D1 that notes what \`batch\` sends once keys and
  policies are known. Ids, times and what the caller gives are then made anew with each call.
- All take turns in rounds, after ${warmUp.toLocaleString('en')} calls each at every start that are not measured, so that V8 has compiled what is run.
- CPU is that of the processes that serve (\`schedstat\` of each thread): workerd; a peer's Node, and with it all processes of
  its PostgreSQL. It is divided by the calls that were answered as expected; any other answer ends the run.
- After the rounds of an operation the rows of each database are counted, one by one: claims, those pending, events, Idempotency-Keys,
  tallies. The run ends where they are not what the calls were answered to have done, so that nobody is fast by doing nothing.
- Everybody commits to the same disk and waits for it; that workerd calls \`fsync\` once for each commit was seen with strace.
- The load comes from the same machine (\`bench/load.ts\`), one call at a time on each connection.
- \`npm run bench -- profile\` shows which functions the Worker's own share is spent in.

Measured on ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}; workerd ${machine.workerd}, Miniflare
${machine.miniflare}, Node ${machine.node}; from ${when[0]} to ${when.at(-1)} UTC, at commit ${machine.commit}. The load was ${machine.load} before it
began${machine.load > 0.7 ? ': other work had its share of all that is on this page' : ''}.`
}
