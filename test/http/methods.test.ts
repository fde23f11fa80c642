import { env, exports } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { overSocket } from '../support/over-socket.ts'
import { operations } from '../support/promised.ts'
import { newTenant, send } from '../support/tenant.ts'

const path = '/api/v1/claims'
const all = await operations()
const open = new Set(['/openapi.json', '/healthz', '/.well-known/jwks.json'])

/** The methods of the document at each path, and of other paths that look like it. */
function methodsAt(path: string): Set<string> {
  const fits = ({ path: other }: { path: string }) =>
    new RegExp(`^${other.replace(/\{\w+\}/g, '[^/]+')}$`).test(path.replace(/\{\w+\}/g, 'x'))
  return new Set(all.filter(fits).map(({ method }) => method))
}

test('a method that a path does not take is 405, and Allow names those that it does', async () => {
  const admin = (await newTenant()).as('admin')
  for (const each of new Set(all.map(({ path }) => path))) {
    const takes = methodsAt(each)
    const to = each.replace(/\{\w+\}/g, 'x')
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => !takes.has(one))) {
      const { status, body, headers } = await admin(to, { method })
      expect([each, method, status, body.code]).toEqual([each, method, 405, 'method_not_allowed'])
      const expected = [...takes, ...(takes.has('GET') ? ['HEAD'] : []), 'OPTIONS']
      expect(headers.get('Allow')?.split(', ').sort()).toEqual(expected.sort())
      if (!open.has(each)) expect((await send(to, { method })).status).toBe(401)
    }
  }
  expect((await admin('/api/v1/nothing', { method: 'PUT' })).status).toBe(404)
  expect((await send('/docs/errors', { method: 'DELETE' })).status).toBe(405)
  expect((await send('/docs/errors/nonsense')).status).toBe(404)
})

test('HEAD answers as GET does, without a body', async () => {
  const member = (await newTenant()).as('member')
  const { body } = await member(path, { method: 'POST', body: { description: 'x', amount: 1, currency: 'EUR' } })
  for (const to of [path, `${path}/${body.claim_id}`, `${path}/clm_nobody`]) {
    const [get, head] = [await member(to), await member(to, { method: 'HEAD' })]
    expect([head.status, head.headers.get('ETag'), head.headers.get('Content-Type')]).toEqual([
      get.status,
      get.headers.get('ETag'),
      get.headers.get('Content-Type'),
    ])
  }
  const raw = await exports.default.fetch(new Request('https://countersign.test/healthz', { method: 'HEAD' }))
  expect([raw.status, await raw.text()]).toEqual([200, ''])
})

test('GET / leads a person to the sign-in', async () => {
  const answer = await exports.default.fetch(new Request('https://countersign.test/', { redirect: 'manual' }))
  expect([answer.status, answer.headers.get('Location')]).toEqual([302, '/sign-in?next=%2F'])
})

test.each(['/', '/sign-in', '/a/req_1'])('a method that %s does not take is 405, as everywhere', async (page) => {
  for (const method of ['PUT', 'DELETE'] as const) {
    const { status, headers, body } = await send(page, { method })
    expect([status, body.code, headers.get('Allow')]).toEqual([
      405,
      'method_not_allowed',
      page === '/' ? 'GET, HEAD, OPTIONS' : 'GET, POST, HEAD, OPTIONS',
    ])
  }
})

test('OPTIONS says what a path takes, without a key', async () => {
  const { status, headers } = await send(`${path}/clm_1`, { method: 'OPTIONS' })
  expect([status, headers.get('Allow')]).toEqual([204, 'GET, DELETE, HEAD, OPTIONS'])
  expect((await send('/api/v1/nothing', { method: 'OPTIONS' })).status).toBe(404)
})

const desk = 'https://desk.example.com'
const browser = async (origins: string, to: string, method = 'GET', headers: Record<string, string> = {}) =>
  createApp().request(to, { method, headers: { Origin: desk, ...headers } }, { ...env, CORS_ORIGINS: origins })
const preflight = { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'idempotency-key' }

test.skipIf(overSocket)(
  'pages of the origins that the operator names may call the API, and read its headers',
  async () => {
    const key = await (await newTenant()).key('member')
    for (const origins of [desk, `https://other.example.com, ${desk}`, `${desk.toUpperCase()}/, nonsense`]) {
      const asked = await browser(origins, path, 'OPTIONS', preflight)
      expect([asked.status, asked.headers.get('Access-Control-Allow-Origin')]).toEqual([204, desk])
      expect(asked.headers.get('Access-Control-Allow-Headers')).toContain('Idempotency-Key')
      expect(asked.headers.get('Access-Control-Allow-Headers')).toContain('MCP-Protocol-Version')
      expect(asked.headers.get('Access-Control-Allow-Methods')).toContain('PATCH')
      for (const [to, headers] of [
        [path, { 'X-API-Key': key }],
        [path, {}],
        [`${path}/clm_nobody`, { 'X-API-Key': key }],
      ] as const) {
        const answer = await browser(origins, to, 'GET', headers)
        expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(desk)
        expect(answer.headers.get('Access-Control-Allow-Credentials')).toBeNull()
        expect(answer.headers.get('Vary')).toBe('Origin')
        for (const name of ['ETag', 'Link', 'Retry-After', 'X-Request-Id', 'Idempotency-Replayed', 'x-d1-bookmark'])
          expect(answer.headers.get('Access-Control-Expose-Headers')).toContain(name)
        expect(answer.headers.get('X-Request-Id')).toBeTruthy()
      }
    }
  },
)

test.skipIf(overSocket)('pages of other origins may not, and of none where none is named', async () => {
  for (const origins of ['', 'https://other.example.com', `${desk}.evil.example`, '*']) {
    for (const answer of [await browser(origins, path, 'OPTIONS', preflight), await browser(origins, '/openapi.json')])
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull()
  }
})

test('the OpenAPI document is written once for an origin, and not sent again to whoever has it', async () => {
  const first = await send('/openapi.json')
  const tag = first.headers.get('ETag')!
  expect(first.headers.get('Cache-Control')).toBe('no-cache')
  for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
    const { status, body, headers } = await send('/openapi.json', { headers: { 'If-None-Match': known } })
    expect([status, body, headers.get('ETag')]).toEqual([304, '', tag])
  }
  expect((await send('/openapi.json', { headers: { 'If-None-Match': '"other"' } })).status).toBe(200)
})

test.skipIf(overSocket)('the document is made once for the isolate, not once for a call', async () => {
  const app = createApp()
  let made = 0
  const original = app.getOpenAPI31Document.bind(app)
  app.getOpenAPI31Document = (...args: any[]) => {
    made += 1
    return (original as any)(...args)
  }
  for (const origin of ['https://a.test', 'https://b.test', 'https://a.test'])
    expect(await (await app.request(`${origin}/openapi.json`, {}, env)).json()).toMatchObject({
      servers: [{ url: origin }],
    })
  expect(made).toBe(1)
})
