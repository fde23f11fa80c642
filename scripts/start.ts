// `npm start`: migrations, demo data, the server and a cron trigger each minute, in one process. Ctrl-C stops all.
//
//   PORT          where it listens (8787)
//   STATE_DIR     where its data is kept (.state); delete the folder to start over
//   LOG_REQUESTS  on: a line for each request; json: as the deployed Worker logs it; off: errors only
//   RATE_LIMIT    on: as deployed; off
//   CORS_ORIGINS  whose pages may call it from a browser, with commas between them
//   OIDC_…        the variables of wrangler.toml that begin so: sign-in with tokens
//   INSPECT_PORT  where a debugger may attach (Chrome: chrome://inspect)
import { enableCompileCache } from 'node:module'
import { existsSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { demoKeys } from './demo-data.ts'
import { developmentKey } from './development-key.ts'
import { logModes, logPrinter, type LogMode } from './print-log.ts'

enableCompileCache()
const { ForeignState, startLocalServer } = await import('./local-server.ts')

const root = join(import.meta.dirname, '..')
const port = portFrom('PORT') ?? 8787
const inspectorPort = portFrom('INSPECT_PORT')
const state = resolve(process.env.STATE_DIR ?? join(root, '.state'))
const logMode = (process.env.LOG_REQUESTS ?? 'on') as LogMode
if (!logModes.includes(logMode)) {
  fail(`LOG_REQUESTS must be ${logModes.join(', ')}, not ${JSON.stringify(process.env.LOG_REQUESTS)}.`)
}
if (await isTaken()) fail(`Port ${port} is taken: stop what listens there, or set PORT to another.`)

mkdirSync(state, { recursive: true })
console.log(`State is kept in ${state}`)
const server = await startLocalServer({
  port,
  state,
  vars: {
    RATE_LIMIT: process.env.RATE_LIMIT ?? 'off',
    PUBLIC_URL: process.env.PUBLIC_URL ?? `http://localhost:${port}`,
    CORS_ORIGINS: process.env.CORS_ORIGINS ?? '',
    LOG_REQUESTS: logMode === 'off' ? 'off' : 'on',
    WEBHOOK_SECRET_KEY: Buffer.alloc(32, 'for development only').toString('base64'),
    WEBHOOKS_ALLOW_LOOPBACK: 'on',
    ...Object.fromEntries(Object.entries(process.env).filter(isOfSignIn)),
    HISTORY_SIGNING_KEY: process.env.HISTORY_SIGNING_KEY ?? developmentKey,
    DEMO: 'on',
  },
  log: logPrinter(logMode),
  ...(inspectorPort !== undefined && { inspectorPort }),
}).catch((error: unknown) => {
  if (error instanceof ForeignState) fail(`${error.message}\nDelete ${state} to start over.`)
  throw error
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Miniflare's own listeners end the process at once, as if it had failed.
  process.removeAllListeners(signal)
  process.on(signal, () => void stop())
}
const others = ['service', 'support2', 'finance2', 'ops', 'former'].map((name) => `cs_demo_${name}`)
console.log(welcome())
await cronEachMinute()

/** Cron Triggers do not fire by themselves locally. */
async function cronEachMinute(): Promise<never> {
  for (;;) {
    await sleep(60_000 - (Date.now() % 60_000))
    await server.fireCron().catch((error: unknown) => console.error(`The cron trigger failed: ${error}`))
  }
}

async function stop(): Promise<void> {
  setTimeout(() => process.exit(0), 5_000).unref()
  await server.stop()
  process.exit(0)
}

function isOfSignIn(variable: [string, string | undefined]): variable is [string, string] {
  return variable[0].startsWith('OIDC_')
}

function isTaken(): Promise<boolean> {
  return new Promise((settle) => {
    const probe = createServer()
    probe.once('error', () => settle(true))
    probe.listen(port, 'localhost', () => probe.close(() => settle(false)))
  })
}

/** A port from the environment. */
function portFrom(name: string): number | undefined {
  const given = process.env[name]
  if (given === undefined) return undefined
  const number = Number(given)
  if (Number.isInteger(number) && number >= 1 && number <= 65_535) return number
  return fail(`${name} must be a number from 1 to 65535, not ${JSON.stringify(given)}.`)
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

function welcome(): string {
  const { origin } = server
  const fresh = existsSync(join(root, 'README.md')) ? ' The README has a journey for each family.' : ''
  return `
  Countersign is ready on ${origin}

    Quick start     ${origin}/docs/quick-start
    API reference   ${origin}/docs
    OpenAPI 3.1     ${origin}/openapi.json

  The desk, where people decide, as one of them (only here does a link fill a key in):
${links()}
  Other keys: ${others.join(', ')}; of another tenant: cs_other_admin.

  Try this next:

    curl "${origin}/api/v1/claims?status=pending" -H "Authorization: Bearer cs_demo_coordinator"

    curl ${origin}/api/v1/approval-batches -H "Authorization: Bearer cs_demo_coordinator" \\
      -H "Content-Type: application/json" \\
      -d '{"claim_ids":["clm_demo0011","clm_demo0012","clm_demo0013"],"comment":"March"}'

    curl -X POST ${origin}/v1/requests/req_demo2/approve -H "Authorization: Bearer cs_demo_reviewer"

  Cron fires each minute.${fresh} Ctrl-C stops everything; starting again keeps the data
  (delete ${state} to start over).
`
}

/** A link to the desk for one person of each role, and of each group that decides something. */
function links(): string {
  const shown = demoKeys.filter(({ secret }) => !others.includes(secret) && secret !== 'cs_other_admin')
  return shown
    .map(
      ({ secret, name, role, group }) =>
        `    ${server.origin}/sign-in?demo=${secret.padEnd(19)}  ${name} (${group ?? role})\n`,
    )
    .join('')
}
