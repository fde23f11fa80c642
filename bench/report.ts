import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GrowthResults } from './growth.ts'
import type { Machine } from './machine.ts'
import { median } from './median.ts'
import { bars, lines } from './plots.ts'
import { load } from './results.ts'
import { root } from './service.ts'
import type { Measured, SpeedResults } from './speed.ts'
import type { WebhookResults } from './webhooks.ts'

/** What Cloudflare asks for beyond what a paid plan includes, in dollars for a million. */
const prices = { rowsRead: 0.001, rowsWritten: 1, requests: 0.3, cpuMs: 0.02 }

/** Writes docs/benchmarks.md and its plots from what was measured last. */
export function report(): void {
  const [fast, sent, grown] = [
    load<SpeedResults>('speed'),
    load<WebhookResults>('webhooks'),
    load<GrowthResults>('growth'),
  ]
  const images = join(root, 'docs/images')
  mkdirSync(images, { recursive: true })
  writeFileSync(join(images, 'speed.svg'), ratios(fast))
  writeFileSync(join(images, 'growth.svg'), growing(grown))
  const page = [head, ofSpeed(fast), ofWebhooks(sent), ofGrowth(grown), ofMoney(grown), ofMethod([fast, sent, grown])]
  writeFileSync(join(root, 'docs/benchmarks.md'), `${page.join('\n\n')}\n`)
}

const head = `# Benchmarks

\`npm run bench\` measures all of this anew and writes this page from \`bench/results/*.json\`. Look at the ratios: times are
those of the machine that is named at the end, which other work may have shared.`

function ofSpeed({ measured, rounds, seconds, claims }: SpeedResults): string {
  const rows = measured
    .filter(({ target }) => target === 'product')
    .map((product) => {
      const raw = beside(measured, product)
      const ratio = median(product.cpuMicros) / median(raw.cpuMicros)
      const cells = [product.title, product.connections, micros(product.cpuMicros), micros(raw.cpuMicros)]
      return [...cells, ratio.toFixed(2), spread(product, raw), rate(product.perSecond), rate(raw.perSecond)]
    })
  return `## Beside a raw Worker

The limit is a Worker of forty lines that runs the very same statements on the same D1, in the same process: no keys, no checks of
input, no headers (\`bench/raw/\`). ${claims.toLocaleString('en')} claims are stored. Medians of ${rounds} rounds
of ${seconds} s in turns; the spread is that of the rounds' own ratios, and where it is wide the machine was busy with something else.

![CPU of an operation, raw = 1](images/speed.svg)

${table(['operation', 'connections', 'CPU µs', 'raw CPU µs', 'ratio', 'spread', 'a second', 'raw a second'], rows)}`
}

/** The least and the greatest ratio of a round. */
function spread(product: Measured, raw: Measured): string {
  const of = product.cpuMicros.map((micros, round) => micros / (raw.cpuMicros[round] ?? NaN))
  return `${Math.min(...of).toFixed(2)}–${Math.max(...of).toFixed(2)}`
}

function beside(measured: readonly Measured[], { operation, connections }: Measured): Measured {
  const raw = measured.find(
    (one) => one.operation === operation && one.connections === connections && one.target === 'raw',
  )
  if (!raw) throw new Error(`Of ${operation} nothing raw was measured.`)
  return raw
}

function ratios({ measured }: SpeedResults): string {
  const at16 = measured.filter(({ target, connections }) => target === 'product' && connections === 16)
  const values = at16.map((product) => {
    return { label: product.operation, value: median(product.cpuMicros) / median(beside(measured, product).cpuMicros) }
  })
  return bars('CPU of an operation at 16 connections, raw = 1', values)
}

function ofWebhooks({ delivered, events, rounds }: WebhookResults): string {
  const rows = delivered.map(({ addedMs, perSecond }) => [`${addedMs} ms`, rate(perSecond)])
  return `## Webhooks

One endpoint, one receiver on this machine, one delivery after the other in the order of events; ${events.toLocaleString('en')} a
round, median of ${rounds}. The second line is what a D1 that is further away makes of it.

${table(['added to each round trip', 'webhooks a second'], rows)}`
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

function ofMethod(results: readonly { machine: Machine }[]): string {
  const when = results.map(({ machine }) => machine.at.slice(0, 16).replace('T', ' ')).toSorted()
  const [{ machine }] = results as [{ machine: Machine }]
  return `## How it is measured

- The Worker is bundled and minified as it is deployed, and runs in workerd under Miniflare, on a socket of its own: no proxy, no
  request log, no rate limit. D1 is Miniflare's, in the same process.
- What a raw Worker runs is recorded: \`bench/raw/recorder.ts\` is the product with a D1 that notes what \`batch\` sends once keys and
  policies are known. Ids, times and what the caller gives are then made anew with each call.
- Both take turns in rounds, after ${(1_000).toLocaleString('en')} calls that are not measured, so that V8 has compiled what is run.
- CPU is that of the workerd process (\`/proc/PID/stat\`, user and system), divided by the calls that were answered as expected.
- The load comes from the same machine (\`bench/load.ts\`), one call at a time on each connection.
- \`npm run bench -- profile\` shows which functions the Worker's own share is spent in.

Measured on ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}; workerd ${machine.workerd}, Miniflare
${machine.miniflare}, Node ${machine.node}; from ${when[0]} to ${when.at(-1)} UTC, at commit ${machine.commit}.`
}

function table(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [line(titles), line(titles.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

const micros = (values: readonly number[]) => Math.round(median(values))
const rate = (values: readonly number[]) => Math.round(median(values)).toLocaleString('en')
