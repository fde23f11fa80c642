import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { DatabaseSync } from 'node:sqlite'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { document } from '../openapi/document.ts'
import { freePort, startServer, type Server } from '../support/server.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({}, { isNew: true })
})
afterAll(async () => {
  await server?.dispose()
})

const claim = { description: 'Train', amount: 1, currency: 'EUR' }
const submit = () => server.call('/api/v1/claims', { method: 'POST', body: claim, key: 'cs_demo_member' })

/** Waits until it has printed a line that fits; the line without the time. */
async function printed(fits: RegExp): Promise<string> {
  const line = () =>
    server
      .output()
      .split('\n')
      .find((one) => fits.test(one))
  return (await vi.waitUntil(line, { timeout: 10_000 })).replace(/^\d\d:\d\d:\d\d {2}/, '')
}

test('npm start says in one screen of text what to try next', async () => {
  const lines = server.output().trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(30)
  expect(server.output()).toContain(server.origin)
  expect(server.output()).not.toMatch(/warn|error/i)
})

test('whoever calls while it starts from nothing reaches nobody yet, or all that there is', async () => {
  const PORT = String(await freePort())
  const reached = new Set<number | 'nobody'>()
  const seen = { ready: false }
  const starting = startServer({ PORT }, { isNew: true }).finally(() => (seen.ready = true))
  while (!seen.ready) {
    const call = fetch(`http://localhost:${PORT}/api/v1/claims`, {
      headers: { Authorization: 'Bearer cs_demo_member' },
    })
    reached.add(await call.then(({ status }) => status).catch(() => 'nobody' as const))
    await sleep(10)
  }
  await (await starting).dispose()
  expect([...reached]).toEqual(['nobody', 200])
})

test('what it says to try works as printed', async () => {
  const commands = server
    .output()
    .replaceAll('\\\n', '')
    .match(/^ +curl .*$/gm)!
  expect(commands.length).toBeGreaterThanOrEqual(2)
  for (const command of commands) {
    const answer = JSON.parse(execFileSync('sh', ['-c', command.replace('curl', 'curl -sS')], { encoding: 'utf8' }))
    expect(answer).not.toHaveProperty('code')
  }
})

test('it prints a line for each request: what was asked, what came of it, who asked', async () => {
  await submit()
  expect(await printed(/POST .api.v1.claims /)).toMatch(
    /^201 {2}POST \/api\/v1\/claims {2}\d+ ms {2}submitClaim {2}usr_member$/,
  )
  await server.call('/api/v1/claims/clm_nobody')
  expect(await printed(/clm_nobody/)).toMatch(/^404 {2}GET .* ms {2}getClaim {2}not_found {2}usr_coord99$/)
  await server.call('/v1/approvals?limit=0', { key: 'cs_demo_admin' })
  expect(await printed(/v1\/approvals/)).toMatch(/^422 {2}GET .* {2}invalid_input {2}usr_admin$/)
})

test('a receiver that cannot be reached is one line', async () => {
  const body = { url: 'http://127.0.0.1:9/in' }
  await server.call('/v1/webhook-endpoints', { method: 'POST', body, key: 'cs_demo_admin' })
  await submit()
  const line = await printed(/webhook .*127\.0\.0\.1:9/)
  expect(line).toContain('claim.submitted to 127.0.0.1:9 was not delivered (attempt 1): ')
  expect(server.output()).not.toMatch(/^ +at /m)
})

test('cron can be fired, and says something only where something was done', async () => {
  const fire = async () => (await fetch(`${server.origin}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`)).status
  await submit()
  expect(await fire()).toBe(200)
  await printed(/cron {2}/) // What was submitted is sealed.
  // The delivery above may be due again meanwhile, or the minute over: sooner or later nothing is left to be done.
  const said = () => server.output().split('cron  ').length
  const isQuiet = async () => {
    const before = said()
    expect(await fire()).toBe(200)
    const later = crypto.randomUUID()
    await server.call(`/v1/approvals/${later}`)
    await printed(new RegExp(later))
    return said() === before
  }
  let tries = 0
  while (!(await isQuiet())) expect((tries += 1)).toBeLessThan(10)
})

test('what the API says of itself is what its schemas say, although it was made beforehand', async () => {
  const { body } = await server.call('/openapi.json')
  const { servers, info } = body
  expect([servers, info.contact.url]).toEqual([[{ url: server.origin }], `${server.origin}/docs`])
  expect({ ...body, servers: document.servers, info: document.info }).toEqual(document)
})

test('assets are served, with the headers that answers have', async () => {
  const style = await fetch(`${server.origin}/docs/assets/page.css`)
  const { headers } = await fetch(`${server.origin}/healthz`)
  for (const name of ['X-Content-Type-Options', 'Strict-Transport-Security'])
    expect([name, style.headers.get(name)]).toEqual([name, headers.get(name)])
  expect([style.status, style.headers.get('Content-Type')]).toEqual([200, expect.stringContaining('text/css')])
})

test('when workerd dies alone, it is started again; nothing is lost', async () => {
  const { body } = await submit()
  await server.killRuntime()
  await vi.waitUntil(
    () =>
      fetch(`${server.origin}/healthz`).then(
        (answer) => answer.ok,
        () => false,
      ),
    { timeout: 30_000, interval: 100 },
  )
  expect((await server.call(`/api/v1/claims/${body.claim_id}`)).body).toEqual(body)
})

test('Ctrl-C stops everything; starting again keeps the data; LOG_REQUESTS=json logs as the Worker does', async () => {
  const { body } = await submit()
  expect(await server.interrupt()).toBe(0)
  await expect(fetch(`${server.origin}/healthz`)).rejects.toThrow()
  await server.restart({ LOG_REQUESTS: 'json' })
  expect((await server.call(`/api/v1/claims/${body.claim_id}`)).body).toEqual(body)
  const line = JSON.parse(await printed(new RegExp(`^{.*${body.claim_id}`)))
  expect(line).toMatchObject({ message: 'request', operation: 'getClaim', status: 200, db: { queries: 2 } })
})

test('a state of other migrations is refused, saying what to do', async () => {
  await server.interrupt()
  const folder = join(server.state, 'v3/d1/miniflare-D1DatabaseObject')
  const file = readdirSync(folder).find((name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite')!
  const db = new DatabaseSync(join(folder, file))
  db.exec("INSERT INTO d1_migrations (name) VALUES ('0999_elsewhere.sql')")
  db.close()
  const refused = await server.restart({ LOG_REQUESTS: 'off' }).catch(String)
  expect(refused).toContain('0999_elsewhere.sql')
  expect(refused).toContain(`Delete ${server.state} to start over.`)
})
