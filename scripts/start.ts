// `npm start`: migrations, demo data, the server, and a cron trigger every minute. Ctrl-C stops all of it.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { demoData } from './demo-data.ts'

const root = join(import.meta.dirname, '..')
const port = Number(process.env.PORT ?? 8787)
const state = resolve(process.env.STATE_DIR ?? join(root, '.state'))
const origin = `http://localhost:${port}`
/** Nothing is asked, and nothing fetched from outside. */
const quiet = { ...process.env, CI: 'true', WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' }

if (!Number.isInteger(port) || port < 1 || port > 65_535)
  fail(`PORT must be a number from 1 to 65535, not ${JSON.stringify(process.env.PORT)}.`)

if (await isTaken()) fail(`Port ${port} is taken: stop what listens there, or set PORT to another.`)

mkdirSync(state, { recursive: true })
console.log(`State is kept in ${state}`)
wrangler('d1', 'migrations', 'apply', 'DB', '--local', '--persist-to', state)
const demoFile = join(state, 'demo.sql')
writeFileSync(demoFile, demoData(Date.now()).join(';\n'))
wrangler('d1', 'execute', 'DB', '--local', '--persist-to', state, '--yes', '--file', demoFile)

const server = serve()
process.on('SIGINT', () => stop(0))
process.on('SIGTERM', () => stop(0))
server.on('exit', (code) => process.exit(code ?? 1))
await untilHealthy()
console.log(welcome())
await cronEachMinute()

/** Runs a wrangler command to its end, quietly unless it fails. */
function wrangler(...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/wrangler'), args, {
    cwd: root,
    encoding: 'utf8',
    env: quiet,
  })
  if (status !== 0) fail(`wrangler ${args.join(' ')}\n${stdout}\n${stderr}`)
}

function serve(): ChildProcess {
  const vars = {
    RATE_LIMIT: process.env.RATE_LIMIT ?? 'off',
    LOG_REQUESTS: process.env.LOG_REQUESTS ?? 'off',
    WEBHOOK_SECRET_KEY: Buffer.alloc(32, 'for development only').toString('base64'),
    WEBHOOKS_ALLOW_LOOPBACK: 'on',
  }
  const args = ['dev', '--port', String(port), '--persist-to', state, '--test-scheduled', '--log-level', 'error']
  const given = Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`])
  const wrangler = join(root, 'node_modules/.bin/wrangler')
  return spawn(wrangler, [...args, ...given], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: quiet })
}

function isTaken(): Promise<boolean> {
  return fetch(origin).then(
    () => true,
    () => false,
  )
}

async function untilHealthy(): Promise<void> {
  for (;;) {
    const healthy = await fetch(`${origin}/healthz`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (healthy) return
    await sleep(100)
  }
}

/** Cron Triggers do not fire by themselves locally. */
async function cronEachMinute(): Promise<never> {
  for (;;) {
    await sleep(60_000 - (Date.now() % 60_000))
    await fetch(`${origin}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`).catch((error: unknown) =>
      console.error(`The cron trigger failed: ${error}`),
    )
  }
}

/** SIGTERM lets wrangler take its workerd along. */
function stop(code: number): void {
  server.removeAllListeners('exit')
  server.on('exit', () => process.exit(code))
  server.kill('SIGTERM')
  setTimeout(() => process.exit(code), 5_000).unref()
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

function welcome(): string {
  const fresh = existsSync(join(root, 'README.md')) ? ' The README has a journey for each family.' : ''
  return `
  Countersign is ready on ${origin}

    API reference   ${origin}/docs
    OpenAPI 3.1     ${origin}/openapi.json

  Demo keys: cs_demo_admin, cs_demo_coordinator, cs_demo_reviewer, cs_demo_member, cs_demo_service;
  cs_other_admin belongs to another tenant. They exist only here.

  Try this next:

    curl "${origin}/api/v1/claims?status=pending" -H "Authorization: Bearer cs_demo_coordinator"

    curl ${origin}/api/v1/approval-batches -H "Authorization: Bearer cs_demo_coordinator" \\
      -H "Content-Type: application/json" \\
      -d '{"claim_ids":["clm_9f2a3b4c","clm_ab5c6d7e","clm_cd7e8f9a","clm_ef1a2b3c"],"comment":"March"}'

  Cron fires each minute.${fresh} Ctrl-C stops everything; starting again keeps the data
  (delete ${state} to begin anew).
`
}
