import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { maintain } from '../../src/maintenance/maintain.ts'
import { resumeSession, sessionMs } from '../../src/desk/sessions.ts'
import { say } from '../../src/desk/wording.ts'
import { newTenant, spentKey, type Tenant } from '../support/tenant.ts'
import { heldResult, newCheck, newGate } from '../support/gates.ts'
import { browserOf, cookieFrom, form, visit, type Browser } from '../support/desk.ts'

/* The pages where people decide, as a browser without JavaScript sees them. */

let tenant: Tenant
let reviewer: Browser

beforeAll(async () => {
  tenant = await newTenant()
  reviewer = await browserOf(tenant, 'reviewer')
})

const ask = async (of = tenant, more: object = {}) => {
  const body = { type: 'deployment', title: 'Deploy 4.2.0', details: { version: '4.2.0' }, ...more }
  const answer = await of.as('member')('/v1/requests', { method: 'POST', body })
  expect(answer.status).toBe(201)
  return answer.body as { id: string; digest: string }
}
const stateOf = async (id: string) => (await tenant.as('admin')(`/v1/approvals/${id}`)).body

describe('without a session', () => {
  test.each(['/', '/?view=all', '/a/req_nobody', '/a/req_nobody?kind=claim', '/desk/news'])(
    '%s leads to the sign-in, and back',
    async (path) => {
      const { status, headers } = await visit(path)
      expect([status, headers.get('Location')]).toEqual([302, `/sign-in?next=${encodeURIComponent(path)}`])
    },
  )

  test('what was typed into a form is kept, and there again after the sign-in', async () => {
    const { id } = await ask()
    const lost = await form(`/a/${id}`, { vote: 'reject', comment: 'Not on a <Friday>' })
    expect(lost.status).toBe(401)
    expect(lost.body).toContain('Not on a &lt;Friday&gt;')
    const key = await tenant.key('reviewer')
    const back = await form('/sign-in', { key, next: `/a/${id}`, 'typed.comment': 'Not on a <Friday>' })
    expect(back.status).toBe(200)
    expect(back.body).toContain('<textarea')
    expect(back.body).toContain('Not on a &lt;Friday&gt;</textarea>')
    const inPart = await form('/sign-in', { key, next: `/a/${id}?kind=request`, 'typed.comment': 'Well' })
    expect(inPart.body).toContain(`action="/a/${id}?kind=request"`)
    expect((await stateOf(id)).status).toBe('pending')
  })
})

describe('signing in', () => {
  test('with a key: a cookie that only this origin has, and no script reads', async () => {
    const key = await tenant.key('reviewer')
    const { status, headers } = await form('/sign-in', { key, next: '/a/req_x?view=all' })
    expect([status, headers.get('Location')]).toEqual([303, '/a/req_x?view=all'])
    const cookie = headers.get('Set-Cookie')!
    expect(cookie).toMatch(/^__Host-session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    const { results } = await env.DB.prepare('SELECT * FROM sessions WHERE tenant_id = ?').bind(tenant.id).all()
    expect(JSON.stringify(results)).not.toContain(cookieFrom(headers).split('=')[1])
  })

  test.each([
    'https://elsewhere.example/',
    '//elsewhere.example/',
    '/\\elsewhere.example',
    'javascript:alert(1)',
    '/\t/elsewhere.example',
    '\\/elsewhere.example',
    '/.//elsewhere.example',
    '/a/..//elsewhere.example/sign-in',
    '/%2e/%2e%2e//elsewhere.example',
    '/x/..\\/elsewhere.example',
    '',
  ])('never leads elsewhere, signed in before or now: %j', async (next) => {
    const { headers } = await form('/sign-in', { key: await tenant.key('reviewer'), next })
    const signedIn = await reviewer.get(`/sign-in?next=${encodeURIComponent(next)}`)
    for (const to of [headers.get('Location')!, signedIn.headers.get('Location')!])
      expect(new URL(to, 'https://countersign.test').origin).toBe('https://countersign.test')
  })

  test('with no good key: 401, in words', async () => {
    const spent = [
      await spentKey(tenant, { expires_at: 1 }),
      await spentKey(tenant, { revoked_at: 1 }),
      'cs_nobody',
      '',
    ]
    for (const key of spent) {
      const { status, headers, body } = await form('/sign-in', { key, next: '/' })
      expect([status, headers.get('Set-Cookie')]).toEqual([401, null])
      expect(body).toContain('role="alert"')
      if (key) expect(body).not.toContain(key)
    }
  })

  test('a key that is bound to an instance opens no session', async () => {
    await tenant.as('admin')('/v1/me')
    const { body } = await tenant.as('admin')('/v1/api-keys', {
      method: 'POST',
      body: { person_id: 'usr_admin', name: 'agent', instance_id: crypto.randomUUID() },
    })
    const { status, headers } = await form('/sign-in', { key: body.secret, next: '/' })
    expect([status, headers.get('Set-Cookie')]).toEqual([403, null])
  })

  test('the link with a demo key fills the form in nowhere but locally', async () => {
    expect((await visit('/sign-in?demo=cs_demo_admin')).body).not.toContain('cs_demo_admin')
  })
})

describe('a session', () => {
  test('ends by signing out', async () => {
    const one = await browserOf(tenant, 'reviewer')
    expect((await one.get('/')).status).toBe(200)
    const { status, headers } = await one.post('/sign-out', {})
    expect([status, headers.get('Location')]).toEqual([303, '/sign-in'])
    expect(headers.get('Set-Cookie')).toContain('Max-Age=0')
    expect((await one.get('/')).status).toBe(302)
  })

  test('ends with its key, and with its person', async () => {
    const own = await newTenant()
    const admin = own.as('admin')
    await admin('/v1/me')
    const made = await admin('/v1/people', { method: 'POST', body: { name: 'Ada', roles: ['reviewer'] } })
    const person_id = made.body.id as string
    const keys = await Promise.all(
      ['a', 'b'].map((name) => admin('/v1/api-keys', { method: 'POST', body: { person_id, name } })),
    )
    const [one, other] = await Promise.all(keys.map(({ body }) => browserOf(own, body.secret, true)))
    expect([(await one!.get('/')).status, (await other!.get('/')).status]).toEqual([200, 200])
    await admin(`/v1/api-keys/${keys[0]!.body.id}`, { method: 'DELETE' })
    expect([(await one!.get('/')).status, (await other!.get('/')).status]).toEqual([302, 200])
    await admin(`/v1/people/${person_id}`, { method: 'PATCH', body: { disabled: true } })
    expect((await other!.get('/')).status).toBe(302)
  })

  test('is over after twelve hours', async () => {
    const now = Date.now()
    const { headers } = await form('/sign-in', { key: await tenant.key('coordinator'), next: '/' })
    const secret = cookieFrom(headers).split('=')[1]!
    const resumed = (at: number) => resumeSession(tenant.ctx('x').db, secret, at, async () => {})
    expect(await resumed(now)).toMatchObject({ actor: { userId: 'usr_coordinator' } })
    expect(await resumed(now + sessionMs + 60_000)).toBe(null)
  })
})

describe('a form', () => {
  test('without the session’s token, or from another origin: 403, and nothing happens', async () => {
    const { id, digest } = await ask()
    const said = { vote: 'approve', digest }
    expect((await reviewer.post(`/a/${id}`, { ...said, token: 'x' })).status).toBe(403)
    expect((await reviewer.post(`/a/${id}`, said, { Origin: 'https://elsewhere.example' })).status).toBe(403)
    expect((await reviewer.post(`/a/${id}`, said, { 'Content-Type': 'text/plain' })).status).toBe(403)
    expect((await stateOf(id)).status).toBe('pending')
  })

  test('a GET never decides', async () => {
    const { id, digest } = await ask()
    for (const path of [`/a/${id}`, `/a/${id}?vote=approve&digest=${digest}`, `/a/${id}/approve`]) {
      await reviewer.get(path)
    }
    expect(await stateOf(id)).toMatchObject({ status: 'pending', votes: [] })
  })

  test('approves what it has shown, and leads to what waits next', async () => {
    const own = await newTenant()
    const one = await browserOf(own, 'reviewer')
    const [first, second] = [await ask(own), await ask(own, { expires_in_hours: 1 })]
    const foreign = await ask()
    const shown = await one.get(`/a/${first.id}`)
    expect(shown.body).toContain(`name="digest" value="${first.digest}"`)
    const decided = await one.post(`/a/${first.id}`, { vote: 'approve', digest: first.digest, comment: 'Go' })
    expect([decided.status, decided.headers.get('Location')]).toEqual([303, `/a/${second.id}`])
    const last = await one.post(`/a/${second.id}`, { vote: 'approve', digest: second.digest })
    expect([last.status, last.headers.get('Location')]).toEqual([303, `/?last=${second.id}`])
    const after = await one.get(`/?last=${second.id}`)
    expect(after.body).toMatch(/Nothing waits for you\. *Last: .*Deploy.*now/s)
    for (const other of ['req_nothing', '', 'x'.repeat(300), foreign.id]) {
      const { status, body } = await one.get(`/?last=${encodeURIComponent(other)}`)
      expect([status, body.includes('Nothing waits for you.'), body.includes('Last:')]).toEqual([200, true, false])
    }
    const { body } = await own.as('admin')(`/v1/approvals/${first.id}`)
    expect(body).toMatchObject({ status: 'approved', decided_by: 'usr_reviewer', comment: 'Go' })
  })

  test('leads on in the part of the list that it is sent from; from another list to what waits', async () => {
    const own = await newTenant()
    const one = await browserOf(own, 'reviewer')
    const [first, second] = [await ask(own, { title: 'Part 1' }), await ask(own, { title: 'Part 2' })]
    const other = await ask(own, { title: 'Other', expires_in_hours: 1 })
    const said = ({ digest }: { digest: string }) => ({ vote: 'approve', digest })
    const part = '?kind=request&q=part'
    const { headers } = await one.post(`/a/${first.id}${part}`, said(first))
    expect(headers.get('Location')).toBe(`/a/${second.id}${part}`)
    const last = await one.post(`/a/${second.id}${part}`, said(second))
    expect(last.headers.get('Location')).toBe(`/${part}&last=${second.id}`)
    expect((await one.get(`/${part}&last=${second.id}`)).body).toMatch(/Nothing here matches that\.\s*Last: .*Part 2/s)
    const third = await ask(own, { title: 'Part 3' })
    const fromAll = await one.post(`/a/${third.id}?view=all`, said(third))
    expect(fromAll.headers.get('Location')).toBe(`/a/${other.id}`)
  })

  test('without a digest, or with another question’s, decides nothing, and keeps what was typed', async () => {
    const { id } = await ask()
    for (const digest of [undefined, 'a'.repeat(64)]) {
      const { status, body } = await reviewer.post(`/a/${id}`, {
        vote: 'approve',
        comment: 'Yes!',
        ...(digest && { digest }),
      })
      expect(status).toBe(409)
      expect(body).toContain('Yes!</textarea>')
      expect(body).toContain('role="alert"')
    }
    expect((await stateOf(id)).status).toBe('pending')
  })

  test.each([
    ['expire', 'expired', 'Nobody decided this in time: it expired'],
    ['reject', 'rejected', 'The clock rejected this'],
  ])('what its clock is to %s is %s from its time on, in a sentence', async (then, status, sentence) => {
    const { id } = await ask()
    await env.DB.prepare('UPDATE approvals SET due_at = 5, on_due = ? WHERE id = ?').bind(then, id).run()
    const { body } = await reviewer.get(`/a/${id}`)
    expect(body).toContain(`data-status="${status}"`)
    expect(body).toContain(sentence)
    expect(body).not.toContain('id="decide"')
    await maintain({ ...env, LOG_REQUESTS: 'off' }, Date.now())
    const swept = (await reviewer.get(`/a/${id}`)).body
    expect(swept).toContain(sentence)
    expect(swept).not.toContain('system:')
  })

  test('a rejection needs a comment', async () => {
    const { id, digest } = await ask()
    const { status, body } = await reviewer.post(`/a/${id}`, { vote: 'reject', digest })
    expect([status, (await stateOf(id)).status]).toEqual([422, 'pending'])
    expect(body).toContain('role="alert"')
    // Whoever comes back is where it is missing.
    expect(body).toMatch(
      /<textarea id="comment"[^>]* aria-describedby="fault comment-hint" aria-invalid="true" autofocus/,
    )
    expect((await reviewer.post(`/a/${id}`, { vote: 'reject', digest, comment: 'No' })).status).toBe(303)
    expect(await stateOf(id)).toMatchObject({ status: 'rejected', comment: 'No' })
  })

  test('a comment that is too long for the API is too long here; it is there again', async () => {
    const { id, digest } = await ask()
    const comment = 'long '.repeat(401)
    const { status, body } = await reviewer.post(`/a/${id}`, { vote: 'approve', digest, comment })
    expect([status, (await stateOf(id)).status]).toEqual([422, 'pending'])
    expect(body).toContain(`${comment}</textarea>`)
    expect(body).toContain('at most 2,000 characters')
  })

  test('a comment of 2,000 characters fits, however its lines end, and is kept as it was typed', async () => {
    const { id, digest } = await ask()
    const typed = `${'x'.repeat(999)}\n\n${'y'.repeat(999)}`
    const sent = { vote: 'approve', digest, comment: typed.replaceAll('\n', '\r\n') }
    expect((await reviewer.post(`/a/${id}`, sent)).status).toBe(303)
    expect((await stateOf(id)).comment).toBe(typed)
  })

  test('a comment in which one sees nothing is none', async () => {
    const { id, digest } = await ask()
    const comment = '\u200b \u2060\u2800'
    const { status, body } = await reviewer.post(`/a/${id}`, { vote: 'reject', digest, comment })
    expect([status, (await stateOf(id)).status]).toEqual([422, 'pending'])
    expect(body).toContain('Say why in the comment')
    expect((await reviewer.post(`/a/${id}`, { vote: 'approve', digest, comment })).status).toBe(303)
    expect(await stateOf(id)).toMatchObject({ status: 'approved', comment: null })
  })

  test('an address that is no address, and a form of another session there, are refused, no more', async () => {
    expect((await reviewer.get('/a/%E0%A4%A')).status).toBe(404)
    expect((await reviewer.post('/a/%E0%A4%A', { token: 'bad', comment: 'x' })).status).toBe(403)
  })

  test('a race that was lost is told kindly: by whom, and when', async () => {
    const { id, digest } = await ask()
    const other = await browserOf(tenant, 'coordinator')
    await other.post(`/a/${id}`, { vote: 'approve', digest })
    const { status, body } = await reviewer.post(`/a/${id}`, { vote: 'reject', digest, comment: 'No' })
    expect(status).toBe(409)
    expect(body).toMatch(/coordinator approved this <time[^>]*>(just now|\d s ago)/)
    expect(body).toMatch(/What you had typed:<\/p><p class="text"><bdi>No</)
  })

  test('whoever asked takes it back, and sees no button to approve', async () => {
    const { id, digest } = await ask()
    const member = await browserOf(tenant, 'member')
    const { body } = await member.get(`/a/${id}`)
    expect(body).toContain('value="withdraw"')
    expect(body).not.toContain('value="approve"')
    expect((await member.post(`/a/${id}`, { vote: 'withdraw', digest })).status).toBe(303)
    expect((await stateOf(id)).status).toBe('withdrawn')
  })

  test('what was amended since it was shown is not taken back unseen: the page says so, and shows how it is now', async () => {
    const { id, digest } = await ask()
    const member = await browserOf(tenant, 'member')
    const body = { title: 'Another deployment' }
    const amended = await tenant.as('member')(`/v1/requests/${id}`, { method: 'PATCH', body })
    for (const seen of [digest, '']) {
      const page = await member.post(`/a/${id}`, { vote: 'withdraw', digest: seen })
      expect([page.status, (await stateOf(id)).status]).toEqual([409, 'pending'])
      expect(page.body).toContain('What is asked has changed')
      expect(page.body).toContain('Another deployment')
    }
    expect((await member.post(`/a/${id}`, { vote: 'withdraw', digest: amended.body.digest })).status).toBe(303)
    expect((await stateOf(id)).status).toBe('withdrawn')
  })

  test('a change of what has changed meanwhile is approved as it is seen', async () => {
    const own = await newTenant()
    const admin = own.as('admin')
    const put = (n: number) =>
      admin('/api/v1/entities/offer/of_1', { method: 'PUT', body: { entityName: 'Offer', data: { n, x: 1 } } })
    await put(1)
    const asked = { entityType: 'offer', entityId: 'of_1', entityName: 'Offer', action: 'update', payload: { x: 2 } }
    const { body: change } = await own.as('member')('/api/v1/approvals', { method: 'POST', body: asked })
    const one = await browserOf(own, 'admin')
    const form = (html: string) => /name="state" value="([^"]+)"/.exec(html)?.[1]
    expect(form((await one.get(`/a/${change.id}`)).body)).toBeUndefined()
    await put(2)
    const { digest } = (await admin(`/v1/approvals/${change.id}`)).body
    const stale = await one.post(`/a/${change.id}`, { vote: 'approve', digest })
    expect(stale.status).toBe(409)
    const state = form(stale.body)!
    await put(3)
    expect((await one.post(`/a/${change.id}`, { vote: 'approve', digest, state })).status).toBe(412)
    const again = form((await one.get(`/a/${change.id}`)).body)!
    expect((await one.post(`/a/${change.id}`, { vote: 'approve', digest, state: again })).status).toBe(303)
    expect((await admin('/api/v1/entities/offer/of_1')).body.data).toEqual({ n: 3, x: 2 })
  })

  test('a change that cannot be made any more can only be rejected, and says why', async () => {
    const own = await newTenant()
    const admin = own.as('admin')
    const one = await browserOf(own, 'admin')
    const at = '/api/v1/entities/offer/of_1'
    const put = () => admin(at, { method: 'PUT', body: { entityName: 'Offer', data: { n: 1 } } })
    const of = { entityType: 'offer', entityId: 'of_1', entityName: 'Offer' }
    const change = async (asked: object) =>
      (await own.as('member')('/api/v1/approvals', { method: 'POST', body: { ...of, ...asked } })).body
    const pageOf = async (asked: object, meanwhile: () => Promise<unknown>) => {
      const { id } = await change(asked)
      await meanwhile()
      return (await one.get(`/a/${id}`)).body
    }
    const remove = async () => {
      const { id } = await change({ action: 'delete' })
      const { digest } = (await admin(`/v1/approvals/${id}`)).body
      expect((await one.post(`/a/${id}`, { vote: 'approve', digest })).status).toBe(303)
    }
    const created = await pageOf({ action: 'create', payload: { n: 2 } }, put)
    const updated = await pageOf({ action: 'update', payload: { n: 3 } }, remove)
    await put()
    const deleted = await pageOf({ action: 'delete' }, remove)
    const told = (html: string) => /<p class="notice">([^<]*)/.exec(html)?.[1]
    expect([created, updated, deleted].map(told)).toEqual([say.exists, say.gone, say.gone])
    for (const html of [created, updated, deleted]) {
      expect([html.includes('value="approve"'), html.includes('value="reject"')]).toEqual([false, true])
      expect(html).not.toContain(say.diff.after)
    }
  })

  test('the JSON of a change is there once, before it is decided and then', async () => {
    const own = await newTenant()
    const asked = { entityType: 'offer', entityId: 'of_1', entityName: 'Offer', action: 'create', payload: { x: 2 } }
    const { body: change } = await own.as('member')('/api/v1/approvals', { method: 'POST', body: asked })
    const one = await browserOf(own, 'admin')
    const { digest } = (await own.as('admin')(`/v1/approvals/${change.id}`)).body
    const times = async () => (await one.get(`/a/${change.id}`)).body.split(say.raw).length - 1
    expect(await times()).toBe(1)
    expect((await one.post(`/a/${change.id}`, { vote: 'approve', digest })).status).toBe(303)
    expect(await times()).toBe(1)
  })
})

describe('under a policy', () => {
  /** Two groups, and a policy of two stages: of peers, then of two from money. */
  async function staged() {
    const own = await newTenant()
    const admin = own.as('admin')
    for (const name of ['pia', 'paul', 'max', 'mia', 'mo']) await own.key(name, ['member'])
    // Keys of one maker are in one hand.
    await env.DB.prepare('UPDATE api_keys SET created_by = person_id WHERE tenant_id = ?').bind(own.id).run()
    const group = (id: string, name: string, ...names: string[]) =>
      admin('/v1/groups', { method: 'POST', body: { id, name, member_ids: names.map((one) => `usr_${one}`) } })
    await group('peers', 'Peers & Co', 'pia', 'paul')
    await group('money', 'Money', 'max', 'mia', 'mo')
    const stages = [
      { name: 'peer', all: [{ group: 'peers', approvals: 1 }] },
      { name: 'money', all: [{ group: 'money', approvals: 2 }] },
    ]
    const body = { name: 'Two stages', priority: 1, match: { kind: 'request' }, stages }
    expect((await admin('/v1/policies', { method: 'POST', body })).status).toBe(201)
    const browser = async (name: string) => browserOf(own, await own.key(name, ['member']), true)
    return { own, browser }
  }
  const said = ({ body }: { body: string }) =>
    /<section class="stages".*?<\/section>/s
      .exec(body)![0]
      .replaceAll(/<\/?(b|bdi|span)\b[^>]*>/g, '')
      .replaceAll(/<[^>]+>/g, ' ')
      .replaceAll(/\s+/g, ' ')
  const why = ({ body }: { body: string }) => /<p class="quiet why">([^<]*)/.exec(body)?.[1]

  test('the page says who decides, who has, who is missing, and why one may not', async () => {
    const { own, browser } = await staged()
    const { id, digest } = await ask(own)
    const [pia, max] = [await browser('pia'), await browser('max')]
    expect(said(await max.get(`/a/${id}`))).toMatch(/By the policy Two stages .* Peers &amp; Co: 1 more needed/)
    expect(why(await max.get(`/a/${id}`))).toContain('the stage that asks you is not open')
    await pia.post(`/a/${id}`, { vote: 'approve', digest })
    expect(said(await max.get(`/a/${id}`))).toMatch(
      /peer closed .*Peers &amp; Co: pia; complete .*money open now .*Money: 2 more needed/,
    )
    expect(why(await pia.get(`/a/${id}`))).toContain('you have already voted on it')
    await max.post(`/a/${id}`, { vote: 'approve', digest })
    expect(said(await pia.get(`/a/${id}`))).toMatch(/Money: max; 1 more needed/)
    const asker = await browserOf(own, 'member')
    expect(said(await asker.get(`/a/${id}`))).toMatch(/Peers &amp; Co: complete .*Money: 1 more needed/)
  })

  test('what waits for one is what one’s vote would fill', async () => {
    const { own, browser } = await staged()
    const [pia, max] = [await browser('pia'), await browser('max')]
    const { id, digest } = await ask(own)
    const waits = async (one: Browser) => (await one.get('/')).body.includes(`/a/${id}"`)
    expect([await waits(pia), await waits(max)]).toEqual([true, false])
    await pia.post(`/a/${id}`, { vote: 'approve', digest })
    expect([await waits(pia), await waits(max)]).toEqual([false, true])
  })

  test('what others of a group have filled does not wait for it, and a list is of one group alone', async () => {
    const { own, browser } = await staged()
    const all = [
      { group: 'peers', approvals: 1 },
      { group: 'money', approvals: 1 },
    ]
    const policy = {
      name: 'Both',
      priority: 0,
      match: { kind: 'request', type: 'both' },
      stages: [{ name: 'one', all }],
    }
    expect((await own.as('admin')('/v1/policies', { method: 'POST', body: policy })).status).toBe(201)
    const { id, digest } = await ask(own, { type: 'both' })
    const [pia, paul, max] = [await browser('pia'), await browser('paul'), await browser('max')]
    const waits = async (one: Browser, at = '/') => (await one.get(at)).body.includes(`id="item-${id}"`)
    expect([await waits(paul), await waits(paul, '/?group=peers'), await waits(max)]).toEqual([true, true, true])
    expect((await paul.get('/')).body).toContain('<option value="peers">Peers &amp; Co</option>')
    // Whoever is not of a group does not look as if they were.
    expect(await waits(paul, '/?group=money')).toBe(true)
    await pia.post(`/a/${id}`, { vote: 'approve', digest })
    expect([await waits(paul), await waits(paul, '/?group=peers'), await waits(max)]).toEqual([false, false, true])
    expect(why(await paul.get(`/a/${id}`))).toContain('your approval is no longer needed')
  })

  test('that lets it, one approves something else than was asked; both are there', async () => {
    const own = await newTenant()
    for (const name of ['reviewer', 'other']) await own.as(name, ['reviewer'])('/v1/me')
    const policy = { match: { kind: 'request' }, required_approvals: 1, approver_roles: ['reviewer'], allow_edit: true }
    const made = { method: 'POST', body: { name: 'Editors', priority: 1, ...policy } }
    expect((await own.as('admin')('/v1/policies', made)).status).toBe(201)
    const { id, digest } = await ask(own)
    const one = await browserOf(own, 'reviewer')
    const shown = await one.get(`/a/${id}`)
    expect(shown.body).toMatch(/<textarea id="details"[^>]*>\{\n {2}&quot;version&quot;: &quot;4.2.0&quot;\n\}</)
    const edit = (details: string) => one.post(`/a/${id}`, { vote: 'approve_edited', digest, details, comment: 'So' })
    for (const bad of [
      '   ',
      'null',
      '{"a": 1',
      '[]',
      '7',
      '{"a": 1, "a": 2}',
      '{"a": 0.10000000000000000001}',
      '{"a": "\\ud800"}',
    ]) {
      const refused = await edit(bad)
      expect([bad, refused.status, refused.body.includes('So</textarea>')]).toEqual([bad, 422, true])
      expect(refused.body).toContain('<details class="edit" open=""')
    }
    const plain = await one.post(`/a/${id}`, {
      vote: 'approve',
      digest,
      details: '{"version": "4.2.1"}',
      comment: 'So',
    })
    expect([plain.status, plain.body.includes('You have changed the details')]).toEqual([422, true])
    expect(plain.body).toMatch(/<textarea id="details"[^>]*>\{&quot;version&quot;: &quot;4.2.1&quot;\}</)
    expect((await edit('{"version": "4.2.1"}')).status).toBe(303)
    const as = await ask(own)
    const left = { vote: 'approve', digest: as.digest, details: '{\r\n  "version": "4.2.0"\r\n}' }
    expect((await one.post(`/a/${as.id}`, left)).status).toBe(303)
    const { body } = await own.as('admin')(`/v1/requests/${id}`)
    expect(body).toMatchObject({ status: 'approved', edited: true, approved_details: { version: '4.2.1' } })
    expect((await one.get(`/a/${id}`)).body).toMatch(/<del>[^4]*4\.2\.0.*<ins>[^4]*4\.2\.1/s)
  })

  test('that does not, nobody does, whatever they send', async () => {
    const { id, digest } = await ask()
    expect((await reviewer.get(`/a/${id}`)).body).not.toContain('approve_edited')
    const { status } = await reviewer.post(`/a/${id}`, { vote: 'approve_edited', digest, details: '{"version":"5"}' })
    expect([status, (await stateOf(id)).status]).toEqual([403, 'pending'])
    const claims = { method: 'POST', body: { description: 'x', amount: 1, currency: 'EUR' } }
    const { body } = await tenant.as('member')('/api/v1/claims', claims)
    const coordinator = await browserOf(tenant, 'coordinator')
    const claim = await coordinator.post(`/a/${body.claim_id}`, { vote: 'approve_edited', digest, details: '{}' })
    expect(claim.status).toBe(403)
  })
})

test('whoever has every role and is in a hundred groups sees what waits for each, at any place', async () => {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  const post = (path: string, body: object) => admin(path, { method: 'POST', body })
  const ids = Array.from({ length: 100 }, (_, n) => `grp_${n}`)
  const rows = 'INSERT INTO groups (tenant_id, id, name, member_ids, created_at, updated_at)'
  await env.DB.prepare(`${rows} SELECT ?1, value, value, '[]', 0, 0 FROM json_each(?2)`)
    .bind(tenant.id, JSON.stringify(ids))
    .run()
  const key = await tenant.key('busy', ['member', 'coordinator', 'reviewer', 'admin', 'service'])
  await visit('/', { headers: { 'X-API-Key': key } })
  expect((await admin('/v1/people/usr_busy', { method: 'PATCH', body: { groups: ids } })).status).toBe(200)
  for (const id of ['usr_ann', 'usr_ben'])
    await post('/v1/people', { id, name: id, roles: ['member'], groups: ['grp_99'] })
  const stages = [{ name: 'last', all: [{ group: 'grp_99', approvals: 1 }] }]
  expect((await post('/v1/policies', { name: 'x', match: { kind: 'request' }, stages })).status).toBe(201)
  const asked = await tenant.as('member')('/v1/requests', {
    method: 'POST',
    body: { type: 'x', title: 'For the last group' },
  })
  expect(asked.status).toBe(201)
  const busy = await browserOf(tenant, key, true)
  expect((await busy.get('/')).body).toContain('For the last group')
  expect((await busy.get('/?cursor=1.req_0')).body).toContain('For the last group')
  const digest = asked.body.digest
  expect((await busy.post(`/a/${asked.body.id}`, { vote: 'approve', digest })).status).toBe(303)
})

test('what another tenant has is not there', async () => {
  const { id } = await ask()
  const stranger = await browserOf(await newTenant(), 'admin')
  const [found, none] = [await stranger.get(`/a/${id}`), await stranger.get('/a/req_nobody')]
  expect([found.status, none.status]).toEqual([404, 404])
  const masked = (html: string) => html.replaceAll(/value="\w+"|Reference: [\w-]+/g, '').replaceAll(id, 'req_nobody')
  expect(masked(found.body)).toBe(masked(none.body))
  expect((await stranger.post(`/a/${id}`, { vote: 'approve', digest: 'a'.repeat(64) })).status).toBe(404)
})

test('text is text, whatever is in it', async () => {
  const evil = '<script>alert(1)</script><img src=x onerror=alert(1)>'
  const { id } = await ask(tenant, {
    title: `${evil}\u202Edeipoc`,
    summary: evil,
    details: { [evil]: evil, long: 'x'.repeat(100_000) },
    subject: { type: 'x', id: evil, url: 'https://x.example/"><script>' },
  })
  for (const path of ['/', `/a/${id}`]) {
    const { body } = await reviewer.get(path)
    expect(body).not.toMatch(/<script>|<img|\u202E|onerror=alert\(1\)>/)
    expect(body).toContain('⟨U+202E⟩')
  }
})

test('what has no shape is shown by its number; what emoji and scripts need is left as it is', async () => {
  const [hidden, whole] = ['\u3164\u034F\u2800\u115F\u180B\u{E0100}', '👩‍👧 ❤️ ☝🏽 1️⃣ 🏳️‍🌈 نمی‌خواهم क्‍ष']
  const { id } = await ask(tenant, { title: `${whole} ${hidden}`, details: { apart: 'a\uFE0Fb1\uFE0F2' } })
  const { body } = await reviewer.get(`/a/${id}`)
  const shown = '⟨U+3164⟩⟨U+034F⟩⟨U+2800⟩⟨U+115F⟩⟨U+180B⟩⟨U+E0100⟩'
  expect(body).toContain(`<bdi>${whole} ${shown}</bdi>`)
  expect(body).toContain('<bdi>a⟨U+FE0F⟩b1⟨U+FE0F⟩2</bdi>')
})

test('a long text is not cut in the middle of a character', async () => {
  const long = `${'x'.repeat(599)}🧾${'y'.repeat(100)}`
  const { id } = await ask(tenant, { details: { long } })
  expect((await reviewer.get(`/a/${id}`)).body).toMatch(/x{599}<\/bdi><details>.*<bdi>🧾y{100}</)
})

test('what a gate review failed is marked in its data, wherever it is', async () => {
  const own = await newTenant()
  const admin = own.as('admin')
  const on = (field: string) => newCheck(admin, { type: 'value_range', config: { field, max: 1 } })
  const check_ids = await Promise.all(['a.b', '/a/b', '/c~1d/e~0f/0', '/g', '/many'].map(on))
  const gate = await newGate(admin, { check_ids })
  const many = Array.from({ length: 30_000 }, () => 1)
  const data = { 'a.b': 2, a: { b: 3 }, 'c/d': { 'e~f': [4, 5] }, g: { h: 6 }, i: 7, x: many, y: many }
  const review = await heldResult(admin, gate, { data })
  const { body } = await (await browserOf(own, 'admin')).get(`/a/${review}`)
  const marked = [...body.matchAll(/<div class="marked">.*?<dd>.*?<bdi>([^<]*)/gs)].map(([, value]) => value)
  expect(marked).toEqual(['2', '3', '4', '6'])
  expect(body).toContain('59,9')
})

test('pages run nothing but what is from here', async () => {
  const { headers, body } = await (await browserOf(await newTenant(), 'reviewer')).get('/')
  expect(headers.get('Content-Security-Policy')).not.toMatch(/unsafe|https?:|\*/)
  expect(headers.get('Cache-Control')).toBe('no-store')
  expect(body).not.toMatch(/<style| style=| on\w+=|<script(?! type="module" src="\/desk\/)/)
})

describe('the list', () => {
  const listed = (html: string) => [...html.matchAll(/href="\/a\/([^"?]+)/g)].map(([, id]) => id)

  test('has what one could vote on now, nearest to its end first', async () => {
    const own = await newTenant()
    const [late, none, soon] = [
      await ask(own, { expires_in_hours: 9 }),
      await ask(own),
      await ask(own, { expires_in_hours: 1, restricted: true }),
    ]
    const mine = await own.as('reviewer')('/v1/requests', { method: 'POST', body: { type: 'x', title: 'Mine' } })
    const one = await browserOf(own, 'reviewer')
    expect(listed((await one.get('/')).body)).toEqual([soon.id, late.id, none.id])
    expect(listed((await one.get('/?view=asked')).body)).toEqual([mine.body.id])
    await one.post(`/a/${soon.id}`, { vote: 'approve', digest: soon.digest })
    expect(listed((await one.get('/')).body)).toEqual([late.id, none.id])
    expect(listed((await one.get('/?view=decided')).body)).toEqual([soon.id])
    expect(listed((await one.get('/?view=all')).body)).toHaveLength(4)
    expect(listed((await (await browserOf(own, 'member')).get('/')).body)).toEqual([])
  })

  test('has of agents’ calls those that wait for this owner', async () => {
    const own = await newTenant()
    const at = `/internal/v1/instances/${crypto.randomUUID()}/approvals/request`
    const call = { action: 'a', skill_slug: 's', customer_id: crypto.randomUUID(), serialized_intent: {} }
    const asks = async (more: object) => {
      const { body } = await own.as('service')(at, { method: 'POST', body: { ...call, ...more } })
      const all = await own.as('admin')('/v1/approvals?kind=intent&limit=200')
      return all.body.approvals.find((one: any) => one.approval_ref === body.approval_ref).id as string
    }
    const anybodys = await asks({ approver_role: 'owner' })
    const members = await asks({ approver_role: 'owner', approver_person_id: 'usr_member' })
    await asks({ approver_role: 'customer' })
    expect(listed((await (await browserOf(own, 'admin')).get('/')).body)).toEqual([anybodys])
    expect(listed((await (await browserOf(own, 'member')).get('/')).body)).toEqual([members])
  })

  test('is narrowed by kind and by text, and goes on behind its end', async () => {
    const own = await newTenant()
    const body = {
      claims: Array.from({ length: 250 }, (_, n) => ({ description: `Train ${n}`, amount: 1, currency: 'CHF' })),
    }
    await own.as('member')('/api/v1/claims/bulk', { method: 'POST', body })
    const one = await browserOf(own, 'coordinator')
    const seen = new Set<string>()
    for (let at: string | undefined = '/', pages = 1; at !== undefined; pages += 1) {
      const { body } = await one.get(at)
      if (pages === 1) expect(body).toContain('99+')
      for (const id of listed(body)) seen.add(id!)
      at = /<p class="more"><a href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&')
      expect(pages).toBeLessThan(5)
    }
    expect(seen.size).toBe(250)
    expect(listed((await one.get('/?q=tRAIN+24')).body)).toHaveLength(11)
    expect(listed((await one.get('/?kind=change')).body)).toEqual([])
    expect(listed((await one.get('/?kind=claim&view=all&q=249')).body)).toHaveLength(1)
    expect((await one.get('/?kind=nothing&view=nothing&cursor=nothing')).status).toBe(200)
  })

  test('are searched in whatever case, in whatever letters', async () => {
    const tenant = await newTenant()
    const titles = ['Spesen ZÜRICH', 'Zahnärzte', 'Ärztin, 100 % ÉTÉ', 'ΑΘΗΝΑ', 'Страсбург', 'Straße', '10 k\u2126']
    for (const title of titles) {
      const { status } = await tenant.as('member')('/v1/requests', { method: 'POST', body: { type: 'x', title } })
      expect(status).toBe(201)
    }
    const one = await browserOf(tenant, 'reviewer')
    const found = async (text: string) => {
      const { body } = await one.get(`/?q=${encodeURIComponent(text)}`)
      return titles.filter((title) => body.includes(`<bdi>${title}</bdi>`))
    }
    expect(await found('zürich')).toEqual(['Spesen ZÜRICH'])
    expect(await found('ärzt')).toEqual(['Zahnärzte', 'Ärztin, 100 % ÉTÉ'])
    expect(await found('ÄRZT')).toEqual(['Zahnärzte', 'Ärztin, 100 % ÉTÉ'])
    expect(await found('100 % été')).toEqual(['Ärztin, 100 % ÉTÉ'])
    expect(await found('αθηνα')).toEqual(['ΑΘΗΝΑ'])
    expect(await found('СТРАС')).toEqual(['Страсбург'])
    expect(await found('STRAß')).toEqual(['Straße'])
    // Another sign than the letter, whose small letter is the same.
    expect(await found('10 k\u2126')).toEqual(['10 k\u2126'])
    expect(await found('ü'.repeat(100))).toEqual([])
  })
})
