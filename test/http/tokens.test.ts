import { env } from 'cloudflare:workers'
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT, type JWTPayload } from 'jose'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { linkSubject } from '../../src/access/link-subject.ts'
import { systemContext } from '../../src/context.ts'
import { erasePerson } from '../../src/history/erase-person.ts'
import { submitClaims } from '../support/batches.ts'
import { bearing, newIssuer, serviceWith, trusting, type Issuer } from '../support/issuer.ts'
import { overSocket } from '../support/over-socket.ts'
import { newTenant, type Caller, type Tenant } from '../support/tenant.ts'

/*
 * Tokens of an identity provider in the place of keys. With variables of their own, and an issuer on the other side of
 * the Worker's fetch, so from inside only.
 */

const minute = 60_000

/** A tenant whose people sign in with tokens of an issuer of its own. */
async function signingIn(more: Partial<Env> = {}) {
  const [tenant, issuer] = [await newTenant(), await newIssuer()]
  const call = serviceWith(trusting(issuer, tenant, more))
  const as =
    (token: string): Caller =>
    (path, sent) =>
      call(path, { ...sent, headers: { ...bearing(token), ...sent?.headers } })
  const me = async (claims?: JWTPayload, header?: object) => as(await issuer.token(claims, header))('/v1/me')
  return { tenant, issuer, call, as, me, admin: tenant.as('admin') }
}

const seconds = () => Math.floor(Date.now() / 1000)

function later(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
}

afterEach(() => {
  vi.useRealTimers()
})

describe.skipIf(overSocket)('tokens', () => {
  test('whoever signs in is made a person, once, and acts as one with their token', async () => {
    const { tenant, issuer, as, admin } = await signingIn()
    const ada = as(await issuer.token({ name: ' Ada\u0007 ', email: 'ada@example.com' }))
    const answers = await Promise.all(Array.from({ length: 6 }, () => ada('/v1/me')))
    expect(new Set(answers.map(({ body }) => body.person.id)).size).toBe(1)
    const { id } = answers[0]!.body.person
    expect(answers[0]!.body).toEqual({
      person: { id, name: 'Ada', email: 'ada@example.com', kind: 'human', issuer: issuer.url, subject: 'ada' },
      roles: ['member'],
      groups: [],
      key: null,
      tenant: { id: tenant.id, name: tenant.id, time_zone: 'UTC' },
      instance_id: null,
    })
    expect((await admin(`/v1/people/${id}`)).body).toMatchObject({ issuer: issuer.url, subject: 'ada' })
    const [claim] = await submitClaims(ada, 1)
    expect((await ada(`/api/v1/claims/${claim}`)).body).toMatchObject({ claimant_id: id })
    expect(await events(tenant, id)).toEqual([
      [
        'person.created',
        'system:oidc',
        { kind: 'human', roles: ['member'], groups: [], disabled: false, issuer: issuer.url, subject: 'ada' },
      ],
    ])
  })

  test('an email identifies nobody: who has another subject, or another issuer, is somebody else', async () => {
    const { tenant, me, admin } = await signingIn()
    const known = await admin('/v1/people', { method: 'POST', body: { name: 'Ada', email: 'ada@example.com' } })
    const other = await newIssuer()
    const elsewhere = serviceWith(trusting(other, tenant))
    const ids = [
      known.body.id,
      (await me({ email: 'ada@example.com' })).body.person.id,
      (await me({ email: 'ada@example.com', sub: 'eva' })).body.person.id,
      (await elsewhere('/v1/me', { headers: bearing(await other.token({ email: 'ada@example.com' })) })).body.person.id,
    ]
    expect(new Set(ids).size).toBe(4)
    expect((await me({ email: 'new@example.com' })).body.person.id).toBe(ids[1])
  })

  test('the operator can say who a person is before they sign in; then they are nobody else', async () => {
    const { tenant, issuer, me } = await signingIn({ OIDC_ROLES_CLAIM: 'roles' })
    await tenant.as('ada', ['reviewer'])('/v1/me')
    await tenant.as('eva', ['member'])('/v1/me')
    const operator = systemContext(env, 'system:operator', Date.now(), tenant.id)
    const link = (id: string, subject: string) =>
      linkSubject(operator, id, issuer.url, subject).catch(({ code }: { code: string }) => code)
    expect(await link('usr_ada', 'ada')).toBeUndefined()
    expect(await link('usr_ada', 'ada')).toBeUndefined()
    const { body } = await me({ name: 'Ada', roles: ['reviewer'] })
    expect(body).toMatchObject({ person: { id: 'usr_ada', name: 'Ada' }, roles: ['member', 'reviewer'] })
    const other = (await me({ sub: 'other' })).body.person.id
    expect(
      await Promise.all([link('usr_eva', 'ada'), link('usr_ada', 'x'), link('usr_eva', 'other'), link('usr_no', 'x')]),
    ).toEqual(['duplicate_id', 'duplicate_id', 'duplicate_id', 'not_found'])
    expect(other).not.toBe('usr_eva')
    expect((await events(tenant, 'usr_ada'))[0]).toEqual([
      'person.linked',
      'system:operator',
      { issuer: issuer.url, subject: 'ada' },
    ])
  })

  test('what a later token says of name, email and roles is taken over, and what stays the same writes nothing', async () => {
    const { tenant, as, issuer, me } = await signingIn({ OIDC_ROLES_CLAIM: 'roles', OIDC_DEFAULT_ROLES: '' })
    const at = seconds() - 100
    const first = await issuer.token({ name: 'Ada', roles: ['member', 'reviewer', 'owner'], iat: at })
    const { person, roles } = (await as(first)('/v1/me')).body
    expect(roles).toEqual(['member', 'reviewer'])
    const again = await as(await issuer.token({ name: 'Ada', roles: ['reviewer', 'member'], iat: at + 1 }))('/v1/me')
    expect(again.cost.rowsWritten).toBe(0)
    const changed = { name: 'Ada L.', email: 'ada@example.com', roles: 'coordinator', iat: at + 2 }
    expect((await me(changed)).body).toMatchObject({
      person: { id: person.id, name: 'Ada L.', email: 'ada@example.com' },
      roles: ['coordinator'],
    })
    // The older one has not expired. It brings nothing back, and has no role that its person has lost.
    const old = await as(first)('/api/v1/claims')
    expect([old.status, old.cost.rowsWritten]).toEqual([403, 0])
    expect((await me({ ...changed, iat: at + 3 })).cost.rowsWritten).toBe(0)
    expect(await events(tenant, person.id)).toMatchObject([
      ['person.created', 'system:oidc', {}],
      ['person.updated', 'system:oidc', { changed: ['name', 'email', 'roles'], roles: ['coordinator'] }],
    ])
  })

  test('a name of the service itself is none: what comes next in the token is taken', async () => {
    const { me } = await signingIn()
    const iat = seconds() - 100
    const nameBy = async (claims: object, at: number) => (await me({ ...claims, iat: iat + at })).body.person.name
    expect(await nameBy({ name: ' System:auto-approve', preferred_username: 'ada' }, 0)).toBe('ada')
    expect(await nameBy({ name: 'Ada', preferred_username: 'system:x' }, 1)).toBe('Ada')
    expect(await nameBy({ name: 'sys\u3164tem:expiry', email: 'system:expiry@example.com' }, 2)).toBe('Ada')
    expect(await nameBy({ sub: 'system:auto-approve' }, 0)).toBe('subject system:auto-approve')
  })

  test('of two tokens of one second the second to come gives nothing, and takes what it does not say', async () => {
    const { tenant, as, issuer, admin } = await signingIn({ OIDC_ROLES_CLAIM: 'roles', OIDC_GROUPS_CLAIM: 'groups' })
    for (const id of ['grp_a', 'grp_b', 'grp_c']) {
      await admin('/v1/groups', { method: 'POST', body: { id, name: id, filled_by_oidc: true } })
    }
    const iat = seconds() - 100
    const first = await issuer.token({ name: 'Ada', roles: ['reviewer'], groups: ['grp_a', 'grp_b'], iat })
    const second = await issuer.token({ name: 'Eve', roles: ['admin'], groups: ['grp_b', 'grp_c'], iat })
    const { id } = (await as(first)('/v1/me')).body.person
    const now = async (token: string) => {
      const { body } = await as(token)('/v1/me')
      return [body.person.name, body.roles, body.groups]
    }
    expect(await now(second)).toEqual(['Ada', ['member'], ['grp_b']])
    // Whichever comes again changes nothing any more.
    const before = (await events(tenant, id)).length
    expect(
      await now(await issuer.token({ name: 'Ada', roles: ['reviewer'], groups: ['grp_a', 'grp_b'], iat, n: 1 })),
    ).toEqual(['Ada', ['member'], ['grp_b']])
    expect(await events(tenant, id)).toHaveLength(before)
  })

  test('where no claim says roles, admins do', async () => {
    const { me, admin } = await signingIn()
    const { id } = (await me({ roles: ['admin'] })).body.person
    await admin(`/v1/people/${id}`, { method: 'PATCH', body: { roles: ['reviewer'] } })
    expect((await me({ iat: seconds() + 1 })).body.roles).toEqual(['reviewer'])
  })

  test('roles and groups are found inside other claims, and mean what the operator says', async () => {
    const { me, admin } = await signingIn({
      OIDC_ROLES_CLAIM: '/realm_access/roles',
      OIDC_ROLE_MAP: '{"Approvers":["reviewer","coordinator"],"Boss":"admin"}',
      OIDC_GROUPS_CLAIM: 'https://acme.example/groups',
      OIDC_GROUP_MAP: '{"CN=Finance,OU=Groups":["grp_finance"],"Ops":["grp_ops"]}',
    })
    for (const id of ['grp_finance', 'grp_ops'])
      await admin('/v1/groups', { method: 'POST', body: { id, name: id, filled_by_oidc: true } })
    const claims = {
      realm_access: { roles: ['Approvers', 'admin', 'reviewer', 7, null] },
      'https://acme.example/groups': ['CN=Finance,OU=Groups', 'grp_ops'],
    }
    expect((await me(claims)).body).toMatchObject({
      roles: ['member', 'coordinator', 'reviewer'],
      groups: ['grp_finance'],
    })
    for (const odd of [null, 'Approvers', { roles: { Boss: true } }, { roles: [['Boss']] }]) {
      const { body } = await me({ sub: `odd ${JSON.stringify(odd)}`, realm_access: odd })
      expect([odd, body.roles]).toEqual([odd, ['member']])
    }
  })

  test('tokens fill the groups that admins have named for it, and no others', async () => {
    const { tenant, me, admin } = await signingIn({ OIDC_GROUPS_CLAIM: 'groups' })
    const group = (id: string, more: object) => admin('/v1/groups', { method: 'POST', body: { id, name: id, ...more } })
    for (const id of ['grp_a', 'grp_b']) await group(id, { filled_by_oidc: true })
    await group('grp_hand', {})
    const at = seconds() - 100
    const { body } = await me({ groups: ['grp_a', 'grp_hand', 'grp_none'], iat: at })
    const { id } = body.person
    expect(body.groups).toEqual(['grp_a'])
    await admin('/v1/groups/grp_hand', { method: 'PATCH', body: { member_ids: [id] } })
    const later = await me({ groups: ['grp_b'], iat: at + 1 })
    expect(later.body.groups).toEqual(['grp_hand', 'grp_b'])
    const members = async (group: string) => (await admin(`/v1/groups/${group}`)).body.member_ids
    expect([await members('grp_a'), await members('grp_b'), await members('grp_hand')]).toEqual([[], [id], [id]])
    expect((await me({ iat: at + 2 })).body.groups).toEqual(['grp_hand'])
    expect(await events(tenant, id)).toMatchObject([
      ['person.created', 'system:oidc', { groups: ['grp_a'] }],
      ['person.updated', 'system:oidc', { groups: { joined: ['grp_b'], left: ['grp_a'] } }],
      ['person.updated', 'system:oidc', { groups: { joined: [], left: ['grp_b'] } }],
    ])
  })

  test('a group that is full, or more groups than a person may be in, keep nobody out', async () => {
    const { tenant, me, admin } = await signingIn({ OIDC_GROUPS_CLAIM: 'groups' })
    const full = Array.from({ length: 1_000 }, (_, index) => `usr_m${index}`)
    const insert = 'INSERT INTO groups (tenant_id, id, name, member_ids, filled_by_oidc, created_at, updated_at)'
    await env.DB.batch([
      env.DB.prepare(`${insert} VALUES (?, 'grp_full', 'x', ?, 1, 0, 0)`).bind(tenant.id, JSON.stringify(full)),
      env.DB.prepare(`${insert} SELECT ?, 'grp_' || value, 'x', '[]', 1, 0, 0 FROM json_each(?)`).bind(
        tenant.id,
        JSON.stringify(full.slice(0, 150)),
      ),
    ])
    const groups = ['grp_full', ...full.slice(0, 150).map((id) => `grp_${id}`)]
    const { status, body } = await me({ groups })
    expect([status, body.groups]).toEqual([200, groups.slice(1, 101)])
    expect((await admin(`/v1/people/${body.person.id}`)).body.groups).toHaveLength(100)
  })

  const refused: [string, (issuer: Issuer) => Promise<string>, RegExp][] = [
    ['of another issuer', (issuer) => issuer.token({ iss: 'https://id.example' }), /not issued by/],
    ['whose issuer has a slash more', (issuer) => issuer.token({ iss: `${issuer.url}/` }), /not issued by/],
    ['for somebody else', (issuer) => issuer.token({ aud: 'other' }), /aud/],
    ['for nobody', (issuer) => issuer.token({ aud: undefined }), /has no claim aud/],
    ['that has expired', (issuer) => issuer.token({ exp: seconds() - 61 }), /expired/],
    ['that never expires', (issuer) => issuer.token({ exp: undefined }), /has no claim exp/],
    ['that is not valid yet', (issuer) => issuer.token({ nbf: seconds() + 62 }), /not valid yet/],
    ['that was issued in the future', (issuer) => issuer.token({ iat: seconds() + 62 }), /not valid yet/],
    ['about nobody', (issuer) => issuer.token({ sub: undefined }), /has no claim sub/],
    ['whose subject is a number', (issuer) => issuer.token({ sub: 7 as never }), /sub/],
    ['whose issuer is a list', (issuer) => issuer.token({ iss: [issuer.url] as never }), /not issued by/],
    ['whose times are texts', (issuer) => issuer.token({ exp: '9999999999' as never }), /exp/],
    ['about nobody, in no letters', (issuer) => issuer.token({ sub: '' }), /sub/],
    ['about somebody with what is not seen', (issuer) => issuer.token({ sub: 'a\u0000b' }), /sub/],
    ['about somebody with too long a name', (issuer) => issuer.token({ sub: 'x'.repeat(256) }), /sub/],
    ['of another kind', (issuer) => issuer.token({}, { typ: 'logout+jwt' }), /typ/],
    ['that demands what nobody knows', (issuer) => issuer.token({}, { crit: ['x'], x: 1 }).catch(() => 'e.e.e'), /./],
    ['signed with alg none', async (issuer) => unsigned(await issuer.token()), /signed/],
    ['signed with what is published', signedWithPublished, /signed/],
    ['of an unknown key', (issuer) => issuer.token({}, { kid: 'unknown' }), /does not publish/],
    ['signed by somebody else under a known kid', forged, /signature/],
    ['that brings its own key', bringingItsKey, /signature/],
    ['with changed claims', async (issuer) => promoted(await issuer.token()), /signature/],
    ['longer than any', (issuer) => issuer.token({ much: 'x'.repeat(20_000) }), /longer/],
  ]

  test.each(refused)('a token %s is 401, says why, and makes nobody', async (_, make, why) => {
    const { tenant, issuer, as } = await signingIn({ OIDC_ROLES_CLAIM: 'roles' })
    const token = await make(issuer)
    const answer = await as(token)('/v1/me')
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthorized'])
    expect(answer.headers.get('WWW-Authenticate')).toContain('Bearer')
    expect(answer.body.detail).toMatch(why)
    expect(answer.body.detail).not.toContain(token)
    expect(
      await tenant
        .as('admin')('/v1/people')
        .then(({ body }) => body.data),
    ).toHaveLength(1)
  })

  test('the clocks may differ by a minute; one audience of several is enough; other kinds of keys do', async () => {
    const { issuer, me, as } = await signingIn({ OIDC_AUDIENCE: 'desk, countersign' })
    expect((await me({ exp: seconds() - 55 })).status).toBe(200)
    expect((await me({ nbf: seconds() + 55, iat: seconds() + 55 })).status).toBe(200)
    expect((await me({ aud: ['other', 'desk'] }, { typ: 'at+jwt' })).status).toBe(200)
    for (const alg of ['RS256', 'PS256', 'EdDSA']) {
      const pair = await generateKeyPair(alg, { extractable: true })
      const jwk = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as JsonWebKey
      // Without its `alg`, as some publish them.
      issuer.published.push({ kty: jwk.kty, n: jwk.n, e: jwk.e, crv: jwk.crv, x: jwk.x, kid: alg } as never)
      const claims = { iss: issuer.url, aud: 'desk', sub: alg, iat: seconds(), exp: seconds() + 60 }
      later(31_000)
      const token = await new SignJWT(claims).setProtectedHeader({ alg, kid: alg }).sign(pair.privateKey)
      const answer = await as(token)('/v1/me')
      expect([alg, answer.status]).toEqual([alg, 200])
    }
  })

  test('the issuer’s keys are fetched once; a new one is fetched when it is used, at most once in 30 seconds', async () => {
    const { issuer, me, as } = await signingIn()
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => me({ sub: `p${index}` })))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(issuer.fetched).toEqual(['/.well-known/openid-configuration', '/keys'])
    for (let guess = 0; guess < 5; guess += 1) expect((await me({}, { kid: `guess${guess}` })).status).toBe(401)
    expect(issuer.fetched).toHaveLength(2)
    const before = await issuer.token({ sub: 'before' })
    later(minute)
    await issuer.rotate()
    const rotated = await Promise.all(Array.from({ length: 4 }, (_, index) => me({ sub: `p${index}` })))
    expect(rotated.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(issuer.fetched).toHaveLength(4)
    // The old key is published still. Once it is not, it is good for ten minutes more.
    expect((await as(before)('/v1/me')).status).toBe(200)
    issuer.published.shift()
    later(11 * minute)
    expect((await me()).status).toBe(200)
    expect((await as(before)('/v1/me')).status).toBe(401)
  })

  test('while the issuer does not answer, known keys go on working; what needs another is 503', async () => {
    const { issuer, me, as, call, tenant } = await signingIn()
    issuer.isDown = true
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const answer = await me()
      expect([answer.status, answer.body.code, Number(answer.headers.get('Retry-After')) > 0]).toEqual([
        503,
        'sign_in_unavailable',
        true,
      ])
    }
    expect(issuer.fetched).toHaveLength(1)
    expect((await call('/v1/me', { headers: { 'X-API-Key': await tenant.key('member') } })).status).toBe(200)
    issuer.isDown = false
    later(11_000)
    expect((await me()).status).toBe(200)
    issuer.isDown = true
    later(24 * 60 * minute)
    expect((await me()).status).toBe(200)
    await issuer.rotate()
    later(minute)
    expect(await me({ sub: 'new' })).toMatchObject({ status: 503, body: { code: 'sign_in_unavailable' } })
    const other = await as(await issuer.token({ iss: 'https://id.example' }))('/v1/me')
    expect(other.status).toBe(401)
  })

  test('whoever is disabled or deleted is out, whatever their token says, and stays the same person', async () => {
    const { me, admin, issuer, as } = await signingIn({ OIDC_ROLES_CLAIM: 'roles' })
    const token = await issuer.token()
    const { id } = (await as(token)('/v1/me')).body.person
    const set = (disabled: boolean) => admin(`/v1/people/${id}`, { method: 'PATCH', body: { disabled } })
    await set(true)
    expect(await as(token)('/v1/me')).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
    expect((await me({ iat: seconds() + 5, roles: ['admin'] })).status).toBe(401)
    expect((await admin(`/v1/people/${id}`)).body.roles).toEqual(['member'])
    await set(false)
    expect((await as(token)('/v1/me')).body.person.id).toBe(id)
    await admin(`/v1/people/${id}`, { method: 'DELETE' })
    expect((await me({ iat: seconds() + 10 })).status).toBe(401)
    expect((await admin('/v1/people')).body.data).toHaveLength(1)
  })

  test('whoever is erased is out as well: nobody new is made of them, and nothing says who they were', async () => {
    const { tenant, me, admin, issuer, as } = await signingIn({ OIDC_ROLES_CLAIM: 'roles' })
    await admin('/v1/me')
    const body = { type: 'access', title: 'Open the door' }
    const ada = as(await issuer.token({ roles: ['reviewer'] }))
    const asked = (await ada('/v1/requests', { method: 'POST', body })).body
    const erase = () => erasePerson(tenant.ctx('operator', []), asked.requester_id, [])
    await erase()
    await erase()
    later(minute)
    expect((await me({ iat: seconds(), roles: ['reviewer'] })).status).toBe(401)
    const linked = linkSubject(tenant.ctx('operator', []), 'usr_admin', issuer.url, 'ada')
    await expect(linked).rejects.toMatchObject({ code: 'duplicate_id' })
    expect((await me({ iat: seconds(), sub: 'bob' })).status).toBe(200)
    const rows = await env.DB.prepare('SELECT * FROM people WHERE tenant_id = ?').bind(tenant.id).all<any>()
    const stored = rows.results.find(({ id }) => id === asked.requester_id)
    expect(stored.subject).toMatch(/^sha256:[0-9a-f]{64}$/)
  })

  test.each(['roles = \'["reviewer"]\'', 'disabled = 1'])(
    'after %s elsewhere a token is good for less than 30 seconds',
    async (change) => {
      const { tenant, issuer, as } = await signingIn()
      const ada = as(await issuer.token())
      const { id } = (await ada('/v1/me')).body.person
      await ada('/v1/me')
      await env.DB.prepare(`UPDATE people SET ${change} WHERE tenant_id = ? AND id = ?`).bind(tenant.id, id).run()
      expect((await ada('/v1/me')).body.roles).toEqual(['member'])
      later(29_000)
      const after = await ada('/v1/me')
      expect(after.status === 401 || after.body.roles.join() === 'reviewer').toBe(true)
    },
  )

  test('the tenant is the operator’s, or the one that the token names, and has to be there', async () => {
    const [mine, theirs] = [await newTenant(), await newTenant()]
    const issuer = await newIssuer()
    const fixed = serviceWith(trusting(issuer, mine))
    const named = serviceWith(trusting(issuer, mine, { OIDC_TENANT: '', OIDC_TENANT_CLAIM: '/org/id' }))
    const token = (org: unknown) => issuer.token({ org, tenant: theirs.id })
    const tenantOf = async (call: typeof fixed, org: unknown) => {
      const { status, body } = await call('/v1/me', { headers: bearing(await token(org)) })
      return status === 200 ? body.tenant.id : `${status} ${body.code}`
    }
    expect(await tenantOf(fixed, { id: theirs.id })).toBe(mine.id)
    expect(await tenantOf(named, { id: theirs.id })).toBe(theirs.id)
    for (const org of [
      undefined,
      null,
      {},
      { id: null },
      { id: ['a', mine.id] },
      { id: 'nobody' },
      { id: '' },
      mine.id,
    ]) {
      expect([org, await tenantOf(named, org)]).toEqual([org, '401 unauthorized'])
    }
    const nobody = serviceWith(trusting(issuer, mine, { OIDC_TENANT: 'nobody' }))
    expect(await tenantOf(nobody, {})).toBe('401 unauthorized')
    const other = await fixed('/v1/me', { headers: { ...bearing(await token({})), 'X-Tenant-Id': theirs.id } })
    expect(other).toMatchObject({ status: 403, body: { code: 'tenant_mismatch' } })
  })

  test('where the variables are wrong, tokens are 503 and say which; keys go on working', async () => {
    const [tenant, issuer] = [await newTenant(), await newIssuer()]
    for (const [wrong, name] of [
      [{ OIDC_ISSUER: 'http://id.example' }, 'OIDC_ISSUER'],
      [{ OIDC_ISSUER: 'id.example' }, 'OIDC_ISSUER'],
      [{ OIDC_AUDIENCE: ' , ' }, 'OIDC_AUDIENCE'],
      [{ OIDC_JWKS_URL: 'keys' }, 'OIDC_JWKS_URL'],
      [{ OIDC_TENANT: '' }, 'OIDC_TENANT'],
      [{ OIDC_TENANT_CLAIM: 'org' }, 'OIDC_TENANT'],
      [{ OIDC_DEFAULT_ROLES: 'member, owner' }, 'OIDC_DEFAULT_ROLES'],
      [{ OIDC_ROLE_MAP: '["admin"]' }, 'OIDC_ROLE_MAP'],
      [{ OIDC_ROLE_MAP: '{"a":"owner"}' }, 'OIDC_ROLE_MAP'],
      [{ OIDC_GROUP_MAP: '{"a":[7]}' }, 'OIDC_GROUP_MAP'],
      [{ OIDC_GROUP_MAP: 'a=b' }, 'OIDC_GROUP_MAP'],
    ] as const) {
      const call = serviceWith(trusting(issuer, tenant, wrong as never))
      const { status, body } = await call('/v1/me', { headers: bearing(await issuer.token()) })
      expect([wrong, status, body.code, body.detail]).toEqual([
        wrong,
        503,
        'sign_in_unavailable',
        expect.stringContaining(name),
      ])
      expect((await call('/v1/me', { headers: { 'X-API-Key': await tenant.key('member') } })).status).toBe(200)
    }
    const without = serviceWith(trusting(issuer, tenant, { OIDC_ISSUER: '' }))
    expect((await without('/v1/me', { headers: bearing(await issuer.token()) })).status).toBe(401)
  })

  test('behind Cloudflare Access its token stands for a key, but not for what another site’s page sends', async () => {
    const [tenant, issuer] = [await newTenant(), await newIssuer('team.cloudflareaccess.example')]
    const OIDC_JWKS_URL = `${issuer.url}/cdn-cgi/access/certs`
    const call = serviceWith(trusting(issuer, tenant, { OIDC_JWKS_URL, CORS_ORIGINS: 'https://desk.example' }))
    const access = { 'Cf-Access-Jwt-Assertion': await issuer.token({ aud: ['countersign'], type: 'app' }) }
    const me = await call('/v1/me', { headers: access })
    expect([me.status, me.body.person.subject, issuer.fetched]).toEqual([200, 'ada', ['/cdn-cgi/access/certs']])
    const post = (headers: object) =>
      call('/v1/requests', { method: 'POST', body: { type: 'x', title: 'x' }, headers: { ...access, ...headers } })
    for (const headers of [{}, { Origin: 'https://countersign.test' }, { Origin: 'https://desk.example' }])
      expect([headers, (await post(headers)).status]).toEqual([headers, 201])
    for (const headers of [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ])
      expect([headers, await post(headers)]).toMatchObject([headers, { status: 403, body: { code: 'cross_origin' } }])
    // Where a key is sent it is the key that counts, and who sends one in a header is no page of another site.
    const key = { 'X-API-Key': await tenant.key('reviewer'), Origin: 'https://evil.example' }
    expect((await post(key)).body.requester_id).toBe('usr_reviewer')
  })

  test('a token goes where a token goes: in X-API-Key it is an unknown key; of two, Authorization counts', async () => {
    const { tenant, issuer, call } = await signingIn()
    const token = await issuer.token()
    expect((await call('/v1/me', { headers: { 'X-API-Key': token } })).status).toBe(401)
    const both = { ...bearing(token), 'X-API-Key': await tenant.key('admin') }
    expect((await call('/v1/me', { headers: both })).body.person.subject).toBe('ada')
    const bad = { ...bearing(await issuer.token({ aud: 'x' })), 'X-API-Key': await tenant.key('admin') }
    expect((await call('/v1/me', { headers: bad })).status).toBe(401)
  })

  test('once it is known, a token costs what a key costs; the rate is the person’s, whatever their token', async () => {
    const [tenant, issuer] = [await newTenant(), await newIssuer()]
    const asked: string[] = []
    const limiter = { limit: async ({ key }: { key: string }) => ({ success: asked.push(key) > 0 }) }
    const limited = { RATE_LIMIT: 'on', RATE_LIMITER: limiter, ADDRESS_RATE_LIMITER: limiter }
    const call = serviceWith({ ...trusting(issuer, tenant), ...limited })
    const tokens = [await issuer.token({ n: 1 }), await issuer.token({ n: 2 })]
    const { id } = (await call('/v1/me', { headers: bearing(tokens[0]!) })).body.person
    for (const token of tokens) await call('/v1/me', { headers: bearing(token) })
    asked.length = 0
    for (const token of tokens) {
      const { cost } = await call('/v1/me', { headers: bearing(token) })
      expect([cost.queries, cost.rowsRead <= 10, cost.rowsWritten]).toEqual([1, true, 0])
    }
    expect(new Set(asked)).toEqual(new Set([`person:${tenant.id}/${id}`]))
  })

  test('the last admin key stays, whatever a token says of its person; the token has what it says', async () => {
    const { me, admin } = await signingIn({ OIDC_ROLES_CLAIM: 'roles' })
    const at = seconds() - 50
    const { id } = (await me({ roles: ['admin'], iat: at })).body.person
    const key = await admin('/v1/api-keys', { method: 'POST', body: { person_id: id, name: 'x', roles: ['admin'] } })
    const first = (await admin('/v1/api-keys')).body.data.find((one: any) => one.id !== key.body.id)
    expect((await admin(`/v1/api-keys/${first.id}`, { method: 'DELETE' })).status).toBe(200)
    const demoted = await me({ roles: ['reviewer'], iat: at + 1 })
    expect([demoted.status, demoted.body.roles]).toEqual([200, ['member', 'reviewer']])
    const headers = { 'X-API-Key': key.body.secret }
    const call = serviceWith({})
    expect((await call(`/v1/people/${id}`, { headers })).body.roles).toEqual(['member', 'reviewer', 'admin'])
  })

  test('a live stream ends with its token, and when its person is disabled', async () => {
    const { tenant, issuer, as, admin } = await signingIn()
    const claim_ids = await submitClaims(tenant.as('member'), 1)
    const process_at = new Date(Date.now() + 60 * minute).toISOString()
    const path = '/api/v1/approval-batches'
    const made = await tenant.as('coordinator')(path, { method: 'POST', body: { claim_ids, process_at } })
    const brief = as(await issuer.token({ sub: 'brief', exp: seconds() - 57 }))(`${path}/${made.body.batch_id}/events`)
    const token = await issuer.token({ sub: 'leaving' })
    const { id } = (await as(token)('/v1/me')).body.person
    const leaving = as(token)(`${path}/${made.body.batch_id}/events`)
    // It has at most 60 - 57 seconds of the skew left.
    expect((await brief).body).toContain('event: progress')
    await vi.waitFor(async () => expect(await held(made.body.batch_id)).toBe(1))
    await admin(`/v1/people/${id}`, { method: 'PATCH', body: { disabled: true } })
    await env.BATCH_RUNNER.getByName(made.body.batch_id).lookAfterFollowers()
    expect((await leaving).status).toBe(200)
    await vi.waitFor(async () => expect(await held(made.body.batch_id)).toBe(0))
  })
})

const held = (batchId: string) =>
  env.DB.prepare('SELECT count(*) AS n FROM batch_followers WHERE batch_id = ?').bind(batchId).first<number>('n')

/** What has happened to somebody: types, by whom, with what. */
async function events(tenant: Tenant, id: string): Promise<unknown[][]> {
  const { results } = await env.DB.prepare(
    'SELECT type, actor_id, data FROM events WHERE tenant_id = ? AND resource_id = ? ORDER BY seq',
  )
    .bind(tenant.id, id)
    .all<any>()
  return results.map(({ type, actor_id, data }) => [type, actor_id, JSON.parse(data)])
}

const encoded = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: 'base64url', omitPadding: true })

/** The same claims, said by nobody. */
function unsigned(token: string): string {
  return `${encoded({ alg: 'none', typ: 'JWT' })}.${token.split('.')[1]}.`
}

/** The same signature under claims that say more. */
function promoted(token: string): string {
  const [header, claims, signature] = token.split('.')
  const said = JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(claims!, { alphabet: 'base64url' })))
  return `${header}.${encoded({ ...said, roles: ['admin'] })}.${signature}`
}

/** Signed with the public key as if it were a secret. */
async function signedWithPublished({ url, published }: Issuer): Promise<string> {
  const key = await exportSPKI((await importJWK({ ...published[0]!, ext: true }, 'ES256')) as CryptoKey)
  return new SignJWT({ iss: url, aud: 'countersign', sub: 'ada', iat: seconds(), exp: seconds() + 60 })
    .setProtectedHeader({ alg: 'HS256', kid: published[0]!.kid! })
    .sign(new TextEncoder().encode(key))
}

async function bringingItsKey({ url }: Issuer): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  return new SignJWT({ iss: url, aud: 'countersign', sub: 'ada', iat: seconds(), exp: seconds() + 60 })
    .setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(publicKey) })
    .sign(privateKey)
}

async function forged(issuer: Issuer): Promise<string> {
  const { kid } = issuer.published[0]!
  await issuer.rotate(false)
  return issuer.token({}, { kid })
}
