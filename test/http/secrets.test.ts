import { env } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { bearing, newIssuer, serviceWith, trusting } from '../support/issuer.ts'
import { overSocket } from '../support/over-socket.ts'
import { arrived, newReceiver } from '../support/receiver.ts'
import { newTenant } from '../support/tenant.ts'

/** Everything that is logged meanwhile. */
function listening() {
  const spies = (['log', 'error', 'warn', 'info', 'debug'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation(() => {}),
  )
  return () => {
    const lines = spies.flatMap((spy) => spy.mock.calls)
    for (const spy of spies) spy.mockRestore()
    return lines.map((line) => line.map((one) => (one instanceof Error ? one.stack : JSON.stringify(one))).join(' '))
  }
}

/** Every row of every table, as text. */
async function stored(): Promise<string[]> {
  const { results: tables } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  ).all<{ name: string }>()
  const rows = await Promise.all(tables.map(({ name }) => env.DB.prepare(`SELECT * FROM ${name}`).all()))
  return rows.flatMap(({ results }, index) => results.map((row) => `${tables[index]!.name} ${JSON.stringify(row)}`))
}

// With variables of its own, so without a server.
test.skipIf(overSocket)(
  'no secret is in a log, a row or an answer but the first, whatever is done with it',
  async () => {
    const tenant = await newTenant()
    const said = listening()
    const receiver = await newReceiver(tenant, {}, () => new Response('no', { status: 500 }))
    const issuer = await newIssuer()
    const call = serviceWith({
      ...trusting(issuer, tenant),
      LOG_REQUESTS: 'on',
      WEBHOOK_SECRET_KEY: env.WEBHOOK_SECRET_KEY,
    })
    const admin = { 'X-API-Key': await tenant.key('admin') }
    const post = (path: string, body: unknown, headers = {}) =>
      call(path, { method: 'POST', body, headers: { ...admin, ...headers } })
    const key = { person_id: 'usr_admin', name: 'x' }
    const again = { 'Idempotency-Key': 'once' }
    const made = await post('/v1/api-keys', key, again)
    const rotated = await post(`/v1/webhook-endpoints/${receiver.id}/rotate-secret`, {})
    const secrets = {
      key: made.body.secret as string,
      own: admin['X-API-Key'],
      webhook: receiver.secret,
      rotated: rotated.body.secret as string,
      token: await issuer.token(),
      expired: await issuer.token({ exp: 1 }),
      foreign: await issuer.token({ aud: 'x' }),
      encrypting: env.WEBHOOK_SECRET_KEY!,
    }
    expect(Object.values(secrets).every((one) => one.length > 20)).toBe(true)
    expect((await post('/v1/api-keys', key, again)).body.secret).toBe(secrets.key)

    const answers: { status: number; body: unknown; headers: Headers }[] = []
    const note = async (answer: ReturnType<typeof call>) => void answers.push(await answer)
    for (const secret of Object.values(secrets)) {
      const headers: Record<string, string>[] = [bearing(secret), { 'X-API-Key': secret }]
      for (const one of [...headers, { 'Cf-Access-Jwt-Assertion': secret }]) {
        await note(call('/v1/me', { headers: one }))
        await note(call('/v1/requests', { method: 'POST', body: { type: 'x', title: 'x' }, headers: one }))
        await note(call('/v1/requests', { method: 'POST', body: { type: 7 }, headers: { ...one, ...again } }))
        await note(call('/v1/nothing', { headers: one }))
      }
    }
    const down = Object.assign(await newIssuer(), { isDown: true })
    const unsure = serviceWith({ ...trusting(down, tenant), LOG_REQUESTS: 'on' })
    await note(unsure('/v1/me', { headers: bearing(await down.token()) }))
    await note(post(`/v1/webhook-endpoints/${receiver.id}/test`, {}))
    await arrived(receiver, 1)
    for (const path of ['/v1/api-keys', '/v1/webhook-endpoints', `/v1/webhook-endpoints/${receiver.id}/deliveries`])
      await note(call(path, { headers: admin }))
    await note(call(`/v1/api-keys/${made.body.id}`, { method: 'DELETE', headers: admin }))
    await note(call('/v1/me', { headers: bearing(secrets.key) }))
    const broken = serviceWith({ ...trusting(issuer, tenant), LOG_REQUESTS: 'on', DB: undefined })
    await note(broken('/v1/me', { headers: bearing(secrets.key) }))

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201, 401, 404, 422, 500, 503]))
    const lines = said()
    expect(lines.length).toBeGreaterThan(answers.length)
    const places = {
      lines,
      rows: await stored(),
      answers: answers.map(({ body, headers }) => JSON.stringify([body, [...headers]])),
    }
    for (const [place, texts] of Object.entries(places)) {
      for (const [name, secret] of Object.entries(secrets)) {
        // Of a token, or of the key that encrypts, also what is secret in it.
        for (const part of new Set([secret, ...secret.split('.').slice(2)]))
          expect([place, name, texts.filter((text) => text.includes(part))]).toEqual([place, name, []])
      }
    }
  },
)
