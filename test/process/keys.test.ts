import { afterAll, beforeAll, expect, test } from 'vitest'
import { runScript } from '../support/run-script.ts'
import { startServer, type Server } from '../support/server.ts'

/* `npm run keys`, and what `npm run tenants` changes, beside a server that runs. */

let server: Server

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.dispose())

const keys = (...args: string[]) => runScript(server.state, 'keys', ...args)

const tenants = (...args: string[]) => runScript(server.state, 'tenants', ...args)

const ada = ['--tenant', 'acme', '--person', 'usr_ada'] as const

test('one command makes the tenant, the person and the key, which works at once', async () => {
  const made = await keys('create', ...ada, '--role', 'admin')
  expect(made).toMatchObject({ status: 0, stdout: expect.stringMatching(/^cs_[0-9a-f]{48}$/) })
  const me = await server.call('/v1/me', { key: made.stdout })
  expect(me.body).toMatchObject({ person: { id: 'usr_ada' }, roles: ['admin'], tenant: { id: 'acme' } })
  const { id } = me.body.key
  expect(made.stderr).toContain(id)
  const listed = await keys('list', '--tenant', 'acme')
  expect(listed.stdout).toMatch(new RegExp(`^acme {2}${id} {2}usr_ada {2}admin {2}valid {2}.*$`))
  expect(listed.stdout + made.stderr).not.toContain(made.stdout)

  expect(await keys('revoke', id)).toMatchObject({ status: 1, stderr: expect.stringContaining('last admin key') })
  const { stdout: second } = await keys('create', ...ada, '--role', 'admin', '--role', 'reviewer', '--name', 'Laptop')
  expect((await server.call('/v1/me', { key: second })).body).toMatchObject({
    roles: ['admin', 'reviewer'],
    key: { name: 'Laptop' },
  })
  expect((await keys('revoke', id)).status).toBe(0)
  expect((await keys('list')).stdout).toMatch(new RegExp(`${id} .* revoked `))
})

test('what it does not understand it says, and does nothing', async () => {
  const bob = ['--tenant', 'bobs', '--person', 'usr_bob', '--role', 'admin'] as const
  for (const [said, ...args] of [
    [/npm run keys/],
    [/role is one of/, 'create', ...ada, '--role', 'owner'],
    [/--expires/, 'create', ...bob, '--expires', 'soon'],
    [/^--expires is in the past: 2020-01-01T00:00:00Z\.$/, 'create', ...bob, '--expires', '2020-01-01T00:00:00Z'],
    [/^A name has 1.200 characters/, 'create', ...bob, '--name', '  '],
    [/^A name has 1.200 characters/, 'create', ...bob, '--name', 'n'.repeat(201)],
    [/admin is given twice/, 'create', ...bob, '--role', 'member', '--role', 'admin'],
    [/system:x/, 'create', '--tenant', 'bobs', '--person', 'system:x', '--role', 'admin'],
    [/./, 'revoke', 'key_nobody'],
    [/^There is no tenant nope\.$/, 'list', '--tenant', 'nope'],
    [/^There is no tenant bobs\.$/, 'list', '--tenant', 'bobs'],
  ] as const) {
    expect([args, await keys(...args)]).toMatchObject([
      args,
      { status: 1, stdout: '', stderr: expect.stringMatching(said) },
    ])
  }
})

test('one says who somebody is to an identity provider, once', async () => {
  const { stdout: key } = await keys('create', ...ada, '--role', 'admin')
  const subject = ['--issuer', 'https://id.example.com', '--subject', '00u1'] as const
  expect(await keys('link', ...ada, ...subject)).toMatchObject({ status: 0, stderr: expect.stringContaining('00u1') })
  expect((await server.call('/v1/people/usr_ada', { key })).body).toMatchObject({ subject: '00u1' })
  const other = await keys('link', '--tenant', 'demo', '--person', 'usr_nobody', ...subject)
  expect(other).toMatchObject({ status: 1, stderr: 'There is no person usr_nobody.' })
  expect((await keys('link', ...ada)).status).toBe(1)
})

test('a tenant has the time zone that the operator says', async () => {
  const timeZone = async (key: string) => (await server.call('/v1/me', { key })).body.tenant.time_zone
  expect(await timeZone('cs_demo_admin')).toBe('UTC')
  const set = await tenants('time-zone', 'demo', 'europe/zurich')
  expect(set).toEqual({ status: 0, stdout: 'demo has the time zone Europe/Zurich.', stderr: '' })
  expect([await timeZone('cs_demo_admin'), await timeZone('cs_other_admin')]).toEqual(['Europe/Zurich', 'UTC'])
  for (const [said, ...args] of [
    ['There is no tenant nope.', 'nope', 'Europe/Zurich'],
    ['Mars/Olympus is not an IANA time zone, such as Europe/Zurich.', 'demo', 'Mars/Olympus'],
    ['+01:00 is not an IANA time zone, such as Europe/Zurich.', 'demo', '+01:00'],
    [expect.stringContaining('npm run tenants -- time-zone TENANT ZONE'), 'demo'],
    [expect.stringContaining('npm run tenants -- time-zone TENANT ZONE'), 'demo', 'UTC', 'UTC'],
  ]) {
    expect([args, await tenants('time-zone', ...args)]).toEqual([args, { status: 1, stdout: '', stderr: said }])
  }
  expect(await timeZone('cs_demo_admin')).toBe('Europe/Zurich')
})
