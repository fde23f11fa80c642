import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startServer, type Server } from '../support/server.ts'

/* Sign-in as docs/security.md has it tried: the local issuer, and the server that `npm start` starts. */

const root = join(import.meta.dirname, '../..')
let issuer: { url: string; process: ChildProcess }
let server: Server

beforeAll(async () => {
  const port = await freePort()
  const child = spawn(process.execPath, [join(root, 'scripts/local-issuer.ts')], {
    env: { ...process.env, PORT: String(port) },
  })
  let said = ''
  child.stdout.on('data', (chunk) => (said += String(chunk)))
  issuer = { url: `http://localhost:${port}`, process: child }
  server = await startServer({
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: 'countersign',
    OIDC_TENANT: 'demo',
    OIDC_ROLES_CLAIM: 'roles',
    OIDC_GROUPS_CLAIM: 'groups',
    OIDC_CLIENT_ID: 'desk',
  })
  await vi.waitFor(() => expect(said).toContain('is ready on'), { timeout: 10_000 })
})
afterAll(async () => {
  issuer?.process.kill()
  await server?.dispose()
})

const token = async (claims: string) => (await fetch(`${issuer.url}/token?${claims}`)).text()

test('the desk sends people to the local issuer, and back', async () => {
  const go = (to: string, Cookie = '') => fetch(to, { redirect: 'manual', headers: { Cookie } })
  const cookie = (answer: Response) => answer.headers.getSetCookie().at(-1)!.split(';')[0]!
  const sent = await go(`${server.origin}/sign-in/begin?next=/?view=all`)
  const there = sent.headers.get('Location')!
  expect(await (await go(there)).text()).toContain('Who are you?')
  const back = (await go(`${there}&sub=dora&name=Dora&roles=reviewer`)).headers.get('Location')!
  const signedIn = await go(back, cookie(sent))
  expect([signedIn.status, signedIn.headers.get('Location')]).toEqual([302, '/?view=all'])
  expect(await (await go(`${server.origin}/`, cookie(signedIn))).text()).toContain('<bdi class="me">Dora</bdi>')
})

test('a token of the local issuer does what a key does, in either header, also when the issuer has gone', async () => {
  const admin = { key: 'cs_demo_admin', method: 'PATCH', body: { filled_by_oidc: true } }
  expect((await server.call('/v1/groups/grp_finance', admin)).status).toBe(200)
  const ada = await token('sub=ada&name=Ada&roles=reviewer&groups=grp_finance,grp_ops')
  const me = await server.call('/v1/me', { key: ada })
  expect(me.body).toMatchObject({
    person: { name: 'Ada', issuer: issuer.url, subject: 'ada' },
    roles: ['member', 'reviewer'],
    groups: ['grp_finance'],
    key: null,
  })
  const approved = await server.call('/v1/requests/req_demo2/approve', { method: 'POST', key: ada })
  expect(approved).toMatchObject({ status: 200, body: { decided_by: me.body.person.id } })
  const assertion = { headers: { 'Cf-Access-Jwt-Assertion': ada } }
  expect((await (await fetch(`${server.origin}/v1/me`, assertion)).json()) as unknown).toEqual(me.body)
  const another = await token('sub=eva')
  issuer.process.kill()
  await vi.waitFor(async () => expect(await fetch(issuer.url).catch(() => 'gone')).toBe('gone'))
  expect((await server.call('/v1/me', { key: another })).body.person.subject).toBe('eva')
})

test('a token that is not for this service is 401', async () => {
  expect((await server.call('/v1/me', { key: `${btoa('{"alg":"none"}')}.e30.` })).status).toBe(401)
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, 'localhost', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
