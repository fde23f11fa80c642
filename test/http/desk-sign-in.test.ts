import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { say } from '../../src/desk/wording.ts'
import { form, visit, type Page } from '../support/desk.ts'
import { newIssuer, trusting } from '../support/issuer.ts'
import { overSocket } from '../support/over-socket.ts'
import { newTenant } from '../support/tenant.ts'

/* Signing in at the desk with what an issuer says. With variables of their own, so from inside only. */

/** A browser, at a service that trusts an issuer of its own. */
async function deskTrusting(more: Partial<Env> = {}) {
  const [tenant, issuer] = [await newTenant(), await newIssuer()]
  const app = createApp()
  const variables = { ...env, ...trusting(issuer, tenant, { OIDC_ROLES_CLAIM: 'roles', ...more }) }
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} }
  const service = { fetch: (request: Request) => app.fetch(request, variables, context as never) }
  const jar = new Map<string, string>()
  const keep = (page: Page) => {
    for (const cookie of page.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!
      if (cookie.includes('Max-Age=0')) jar.delete(name!)
      else jar.set(name!, value!)
    }
    return page
  }
  const Cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const get = async (path: string, headers = {}) =>
    keep(await visit(path, { headers: { Cookie: Cookie(), ...headers } }, service))
  const post = async (path: string, fields: Record<string, string>, headers = {}) =>
    keep(await form(path, fields, { Cookie: Cookie(), ...headers }, service))
  return { tenant, issuer, get, post, jar, admin: tenant.as('admin') }
}

const whose = ({ body }: Page) => /<bdi class="me">([^<]+)/.exec(body)?.[1]
const tokenOf = ({ body }: Page) => /name="token" value="(\w+)"/.exec(body)![1]!
const personIn = (body: any) => body.data.find((one: any) => one.subject === 'ada')?.id as string

describe.skipIf(overSocket)('at the desk', () => {
  test('an ID token signs in as a key does, with the roles that it says; a bad one is told why', async () => {
    const { issuer, get, post } = await deskTrusting()
    const bad = await post('/sign-in', { key: await issuer.token({ exp: 1 }), next: '/' })
    expect([bad.status, bad.headers.get('Set-Cookie')]).toEqual([401, null])
    expect(bad.body).toMatch(/role="alert">[^<]*The token has expired/)
    const key = await issuer.token({ name: 'Ada', roles: ['reviewer'] })
    expect((await post('/sign-in', { key, next: '/' })).status).toBe(303)
    expect(whose(await get('/'))).toBe('Ada')
  })

  test('a session of a token outlives it, and ends with its person; its roles are those that both have', async () => {
    const { tenant, issuer, get, post, admin } = await deskTrusting()
    await admin('/v1/me')
    const asked = { method: 'POST', body: { type: 'x', title: 'May I?' } }
    const { body } = await tenant.as('member')('/v1/requests', asked)
    await post('/sign-in', { key: await issuer.token({ name: 'Ada', roles: ['reviewer'] }), next: '/' })
    expect((await get(`/a/${body.id}`)).body).toContain('value="approve"')
    const id = personIn((await admin('/v1/people?limit=100')).body)
    await admin(`/v1/people/${id}`, { method: 'PATCH', body: { roles: ['member', 'admin'] } })
    expect((await get(`/a/${body.id}`)).body).not.toContain('value="approve"')
    await admin(`/v1/people/${id}`, { method: 'PATCH', body: { disabled: true } })
    expect((await get('/')).status).toBe(302)
  })

  test('behind Cloudflare Access nobody signs in: whom it names is who looks, also where it names another', async () => {
    const { issuer, get, post, jar } = await deskTrusting()
    const through = async (name: string) => ({
      'Cf-Access-Jwt-Assertion': await issuer.token({ sub: name, name, roles: ['reviewer'] }),
    })
    const [ada, eva] = [await through('Ada'), await through('Eva')]
    const first = await get('/', ada)
    expect([first.status, whose(first), jar.size]).toEqual([200, 'Ada', 1])
    const session = [...jar.values()][0]
    expect(whose(await get('/', ada))).toBe('Ada')
    expect([...jar.values()]).toEqual([session])
    expect((await get('/sign-in?next=/?view=all', ada)).headers.get('Location')).toBe('/?view=all')
    expect(whose(await get('/', eva))).toBe('Eva')
    const out = await post('/sign-out', { token: tokenOf(await get('/', eva)) }, eva)
    expect([out.status, out.headers.get('Location')]).toEqual([303, '/cdn-cgi/access/logout'])
  })

  test('what is no token of the issuer says nothing', async () => {
    const { issuer, get } = await deskTrusting()
    const other = await newIssuer()
    for (const token of ['x.y.z', await other.token(), await issuer.token({ exp: 1 })]) {
      expect((await get('/', { 'Cf-Access-Jwt-Assertion': token })).status).toBe(302)
    }
  })

  test('a form that was given for another session is there again, with what was typed', async () => {
    const { tenant, issuer, get, post } = await deskTrusting()
    const asked = { method: 'POST', body: { type: 'x', title: 'May I?' } }
    const { id, digest } = (await tenant.as('member')('/v1/requests', asked)).body
    const as = async (sub: string) => ({ 'Cf-Access-Jwt-Assertion': await issuer.token({ sub, roles: ['reviewer'] }) })
    const token = tokenOf(await get(`/a/${id}`, await as('ada')))
    const refused = await post(`/a/${id}`, { token, digest, vote: 'approve', comment: 'Well' }, await as('eva'))
    expect([refused.status, refused.body.includes('Well</textarea>')]).toEqual([403, true])
    const again = await post(`/a/${id}`, { token: tokenOf(refused), digest, vote: 'approve' }, await as('eva'))
    expect(again.status).toBe(303)
  })
})

test.skipIf(overSocket)('a link with a demo key fills it in, also where somebody is signed in', async () => {
  const { issuer, get, post } = await deskTrusting({ DEMO: 'on' })
  await post('/sign-in', { key: await issuer.token({ name: 'Ada', roles: ['reviewer'] }), next: '/' })
  const { status, body } = await get('/sign-in?demo=cs_demo_x&next=/?view=all')
  expect([status, body.includes('value="cs_demo_x"'), body.includes('value="/?view=all"')]).toEqual([200, true, true])
  expect((await get('/sign-in?next=/?view=all')).headers.get('Location')).toBe('/?view=all')
  const deployed = await deskTrusting()
  await deployed.post('/sign-in', { key: await deployed.issuer.token({ roles: ['reviewer'] }), next: '/' })
  expect((await deployed.get('/sign-in?demo=cs_demo_x')).status).toBe(302)
})

describe.skipIf(overSocket)('at the issuer', () => {
  const withClient = { OIDC_CLIENT_ID: 'the-desk' }
  const begin = '/sign-in/begin?next=/?view=all'

  test('one signs in, and is back where one wanted to be', async () => {
    const { issuer, get, jar } = await deskTrusting(withClient)
    const link = /href="(\/sign-in\/begin[^"]+)"/.exec((await get('/sign-in?next=/?view=all')).body)![1]!
    const sent = await get(link.replaceAll('&amp;', '&'))
    const at = new URL(sent.headers.get('Location')!)
    expect([sent.status, at.origin + at.pathname]).toEqual([302, `${issuer.url}/authorize`])
    expect(Object.fromEntries(at.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'the-desk',
      redirect_uri: 'https://countersign.test/sign-in/callback',
      code_challenge_method: 'S256',
    })
    const back = await get(await path(issuer.letsIn(at.href, { name: 'Ada', roles: ['reviewer'] })))
    expect([back.status, back.headers.get('Location')]).toEqual([302, '/?view=all'])
    expect([...jar.keys()]).toEqual(['__Host-session'])
    expect(whose(await get('/'))).toBe('Ada')
  })

  test('whoever has to sign in before a form is taken may do so there, and reads what comes along', async () => {
    const { issuer, get, post } = await deskTrusting(withClient)
    const lost = await post('/a/req_x?view=all', { vote: 'reject', comment: 'Not on a Friday' })
    expect([lost.status, lost.body.includes('Not on a Friday')]).toEqual([401, true])
    expect(lost.body).toContain(`href="/sign-in/begin?next=${encodeURIComponent('/a/req_x?view=all')}"`)
    expect(lost.body).toContain(say.signIn.keyOrToken)
    expect([lost.body.includes(say.signIn.again), lost.body.includes(say.signIn.ended)]).toEqual([false, true])
    const without = `<noscript><p class="notice">${say.signIn.typedStays(new URL(issuer.url).host)}</p></noscript>`
    expect(lost.body).toContain(without)
    expect((await get('/sign-in')).body).not.toContain('noscript')
  })

  test('what was begun elsewhere, or came back already, signs nobody in', async () => {
    const [ada, eva] = [await deskTrusting(withClient), await deskTrusting(withClient)]
    const sent = await ada.get(begin)
    const back = await path(ada.issuer.letsIn(sent.headers.get('Location')!))
    expect((await eva.get(back)).status).toBe(401)
    await eva.get(begin)
    const strange = await eva.get(back)
    expect([strange.status, eva.jar.has('__Host-session')]).toEqual([401, false])
    expect(strange.body).toContain('role="alert"')
    expect((await ada.get(back)).status).toBe(302)
    ada.jar.delete('__Host-session')
    expect((await ada.get(back)).status).toBe(401)
  })

  test('two sign-ins at a time come back each to its own place, in any order', async () => {
    const { issuer, get, jar } = await deskTrusting(withClient)
    const started = await Promise.all(['/?view=all', '/?view=asked'].map((next) => get(`/sign-in/begin?next=${next}`)))
    const backs = await Promise.all(started.map(({ headers }) => path(issuer.letsIn(headers.get('Location')!))))
    expect((await get('/sign-in/callback?code=x&state=of-another')).status).toBe(401)
    const ended = [await get(backs[0]!), await get(backs[1]!)]
    expect(ended.map(({ headers }) => headers.get('Location'))).toEqual(['/?view=all', '/?view=asked'])
    expect([...jar.keys()]).toEqual(['__Host-session'])
    // Whoever goes back to it is signed in already.
    const again = await get(backs[0]!)
    expect([again.status, again.headers.get('Location'), again.headers.get('Set-Cookie')]).toEqual([302, '/', null])
  })

  test('of many sign-ins that nobody finished, the last five are known', async () => {
    const { issuer, get, jar } = await deskTrusting(withClient)
    const started: string[] = []
    for (let n = 0; n < 7; n++) started.push((await get(begin)).headers.get('Location')!)
    expect(jar.size).toBe(5)
    expect((await get(await path(issuer.letsIn(started[1]!)))).status).toBe(401)
    expect((await get(await path(issuer.letsIn(started[2]!)))).status).toBe(302)
  })

  test('a token of another sign-in, or for somebody else, signs nobody in', async () => {
    for (const claims of [{ nonce: 'another' }, { aud: 'another' }]) {
      const { issuer, get, jar } = await deskTrusting(withClient)
      const back = issuer.letsIn((await get(begin)).headers.get('Location')!, claims)
      expect([(await get(await path(back))).status, jar.size]).toEqual([401, 0])
    }
  })

  test('whoever is refused there, or where it is down, reads so', async () => {
    const { issuer, get } = await deskTrusting(withClient)
    const state = new URL((await get(begin)).headers.get('Location')!).searchParams.get('state')
    const refused = await get(`/sign-in/callback?error=access_denied&state=${state}`)
    expect(refused.status).toBe(401)
    expect(refused.body).toContain(`${new URL(issuer.url).host} did not sign you in.`)
    issuer.isDown = true
    expect((await get(begin)).status).toBe(503)
  })

  test('a cookie of the sign-in that nobody has set is none', async () => {
    const { get } = await deskTrusting(withClient)
    const state = 'a'.repeat(32)
    const Cookie = `__Host-signing-in-${state}=${'a'.repeat(43)}.%E0%A4%A`
    const { status, body } = await get(`/sign-in/callback?code=x&state=${state}`, { Cookie })
    expect([status, body.includes(say.signIn.notBegun)]).toEqual([401, true])
  })

  test('without a client nobody is sent there', async () => {
    const { get } = await deskTrusting()
    expect((await get('/sign-in')).body).not.toContain('/sign-in/begin')
    expect((await get('/sign-in/begin')).status).toBe(404)
    expect((await get('/sign-in/callback?code=x')).status).toBe(404)
  })
})

async function path(address: Promise<string>): Promise<string> {
  const { pathname, search } = new URL(await address)
  return pathname + search
}
