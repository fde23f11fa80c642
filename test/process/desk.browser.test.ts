import { afterAll, beforeAll, expect, test } from 'vitest'
import { faultsOf, inspectable } from '../support/axe.ts'
import { desktop, movedIn, openDesk, phone, watched, type Desk } from '../support/chromium.ts'

/* What people do at the desk, in a browser: on a desktop, unless a test says otherwise. */

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk?.dispose())

test('the first pages are small, load nothing from elsewhere, break no policy, and nothing in them moves', async () => {
  const context = await desk.browser.newContext({ viewport: desktop })
  const page = await context.newPage()
  const seen = watched(page, desk.server.origin)
  await page.goto(`${desk.server.origin}/sign-in?demo=cs_demo_coordinator`)
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  let bytes = 0
  session.on('Network.loadingFinished', ({ encodedDataLength }) => void (bytes += encodedDataLength))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('article h1').waitFor()
  await page.waitForLoadState('networkidle')
  for (const path of ['/?view=all', '/a/req_demo1', '/a/approval_001']) {
    await page.goto(desk.server.origin + path)
    await page.waitForLoadState('networkidle')
    expect([path, await movedIn(page)]).toEqual([path, 0])
    if (path === '/?view=all') expect(bytes).toBeLessThan(60_000)
  }
  expect(seen).toEqual({ foreign: [], faults: [] })
  await context.close()
}, 30_000)

test('without JavaScript: sign in, the list, approve, the next', async () => {
  const id = await desk.ask('Deploy without scripts')
  const page = await desk.newPageOf('cs_demo_reviewer', { javaScriptEnabled: false })
  await page.goto(`${desk.server.origin}/a/${id}`)
  await page.getByLabel('Comment').fill('Go ahead')
  await page.getByRole('button', { name: 'Approve', exact: true }).click()
  expect(new URL(page.url()).pathname).not.toBe(`/a/${id}`)
  expect(await desk.statusOf(id)).toBe('approved')
  await page.context().close()
})

test('a decision may be undone for five seconds, and is sent then', async () => {
  const id = await desk.ask('Deploy, undone')
  const page = await desk.pageOf('cs_demo_reviewer')
  await page.goto(`${desk.server.origin}/a/${id}`)
  await page.keyboard.press('a')
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('heading', { name: 'Deploy, undone' }).waitFor()
  expect(await desk.statusOf(id)).toBe('pending')
  await page.keyboard.press('a')
  await page.getByText('Approved: Deploy, undone').waitFor()
  await expect.poll(() => desk.statusOf(id), { timeout: 9_000 }).toBe('approved')
})

test('leaving the page sends what was decided', async () => {
  const id = await desk.ask('Deploy, and leave')
  const page = await desk.pageOf('cs_demo_reviewer')
  await page.goto(`${desk.server.origin}/a/${id}`)
  await page.keyboard.press('a')
  await page.getByRole('button', { name: 'Undo' }).waitFor()
  await page.goto(`${desk.server.origin}/docs/quick-start`)
  await expect.poll(() => desk.statusOf(id), { timeout: 4_000 }).toBe('approved')
})

test('whoever has decided the last one reads that, on a phone, too', async () => {
  const policy = {
    name: 'Last',
    match: { kind: 'request', type: 'farewell' },
    stages: [{ name: 'peer', all: [{ group: 'grp_support', approvals: 1 }] }],
  }
  const made = await desk.server.call('/v1/policies', { method: 'POST', key: 'cs_demo_admin', body: policy })
  const body = { type: 'farewell', title: 'Say goodbye' }
  const asked = await desk.server.call('/v1/requests', { method: 'POST', key: 'cs_demo_member', body })
  expect([made.status, asked.status]).toEqual([201, 201])
  const page = await desk.newPageOf('cs_demo_support', { viewport: phone })
  await page.goto(`${desk.server.origin}/a/${asked.body.id}`)
  await page.keyboard.press('a')
  await page.getByRole('main').getByText('Nothing waits for you. Last: Say goodbye').waitFor()
  expect(new URL(page.url()).pathname).toBe('/')
  await page.context().close()
}, 30_000)

test('what others ask for and decide appears by itself, and a lost race is told kindly', async () => {
  const page = await desk.pageOf('cs_demo_reviewer')
  await page.goto(desk.server.origin)
  await page.getByRole('list', { name: 'Waiting for you' }).waitFor()
  const id = await desk.ask('Deploy, watched')
  await page.getByRole('list', { name: 'Waiting for you' }).getByText('Deploy, watched').click()
  await page.getByRole('heading', { name: 'Deploy, watched' }).waitFor()
  await page.getByLabel('Comment').fill('I am about to')
  const digest = await page.locator('input[name=digest]').inputValue()
  const body = { digest }
  await desk.server.call(`/v1/approvals/${id}/approve`, { method: 'POST', key: 'cs_demo_coordinator', body })
  await page.getByText('Carla Coordinator approved this').waitFor()
}, 30_000)

test('two browsers race: whoever is second reads on the next page who was first', async () => {
  const id = await desk.ask('Deploy, raced')
  const [first, second] = [await desk.pageOf('cs_demo_coordinator'), await desk.pageOf('cs_demo_reviewer')]
  for (const page of [second, first]) {
    await page.goto(`${desk.server.origin}/a/${id}`)
    await page.keyboard.press('a')
    await page.getByRole('button', { name: 'Undo' }).waitFor()
  }
  await first.goto(`${desk.server.origin}/docs/quick-start`)
  await expect.poll(() => desk.statusOf(id), { timeout: 4_000 }).toBe('approved')
  await second.goto(`${desk.server.origin}/docs/quick-start`)
  await second.goto(`${desk.server.origin}/`)
  await second.getByRole('alert').getByText('Carla Coordinator approved this').waitFor()
}, 30_000)

test('a vote that did not get through is told on the next page, and sent again from there', async () => {
  const id = await desk.ask('Deploy, unsent')
  const page = await desk.pageOf('cs_demo_reviewer')
  await page.goto(`${desk.server.origin}/a/${id}`)
  await page.getByLabel('Comment').fill('Go ahead')
  await page.route(`**/a/${id}`, (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()))
  await page.locator('h1').click()
  await page.keyboard.press('a')
  const told = page.getByRole('alert').getByText('Deploy, unsent: not sent')
  await told.waitFor({ timeout: 9_000 })
  await page.goto(`${desk.server.origin}/docs/quick-start`)
  await page.unroute(`**/a/${id}`)
  await page.goto(`${desk.server.origin}/`)
  await told.waitFor({ timeout: 8_000 })
  expect(await desk.statusOf(id)).toBe('pending')
  await page.getByRole('button', { name: 'Send again' }).click()
  await expect.poll(() => desk.statusOf(id), { timeout: 4_000 }).toBe('approved')
}, 30_000)

test('a session that ends in the middle of a form loses nothing typed, wherever one signs in', async () => {
  const id = await desk.ask('Deploy, signed out')
  const page = await desk.pageOf('cs_demo_reviewer')
  await page.goto(`${desk.server.origin}/a/${id}`)
  await page.getByLabel('Comment').fill('Go, but slowly')
  await page.context().clearCookies()
  await page.getByRole('button', { name: 'Approve', exact: true }).click()
  await page.getByText('What you typed is kept:').waitFor({ timeout: 9_000 })
  await page.getByText('Go, but slowly').waitFor()
  // As from an issuer: not by the form of this page.
  await page.goto(`${desk.server.origin}/sign-in?demo=cs_demo_reviewer&next=/a/${id}`)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect.poll(() => page.getByLabel('Comment').inputValue()).toBe('Go, but slowly')
  expect(await desk.statusOf(id)).toBe('pending')
}, 30_000)

test('by keys: j and k go through the list, x withdraws, r wants a reason, / searches, ? tells of them', async () => {
  const ids = [await desk.ask('Deploy, keyed one', 'cs_demo_reviewer'), await desk.ask('Deploy, keyed two')]
  const page = await desk.pageOf('cs_demo_reviewer')
  await page.goto(`${desk.server.origin}/a/${ids[0]}?view=asked`)
  await page.keyboard.press('x')
  await page.getByText('Withdrawn: Deploy, keyed one').waitFor()
  await expect.poll(() => desk.statusOf(ids[0]!), { timeout: 9_000 }).toBe('withdrawn')
  await page.goto(`${desk.server.origin}/?view=all`)
  const title = page.locator('article h1')
  await page.locator('#items a[aria-current]').waitFor()
  const before = await title.textContent()
  await page.keyboard.press('j')
  await expect.poll(() => title.textContent()).not.toBe(before)
  await page.keyboard.press('k')
  await expect.poll(() => title.textContent()).toBe(before)
  await page.goto(`${desk.server.origin}/a/${ids[1]}`)
  await page.keyboard.press('r')
  expect(await page.getByLabel('Comment').evaluate((field: any) => field.matches(':focus'))).toBe(true)
  await page.keyboard.type('Not today')
  await page.locator('h1').click()
  await page.keyboard.press('r')
  await page.getByText('Rejected: Deploy, keyed two').waitFor()
  await page.keyboard.press('z')
  // What was typed is still there after the undo.
  await expect.poll(() => page.getByLabel('Comment').inputValue()).toBe('Not today')
  await page.keyboard.press('/')
  expect(await page.getByLabel('Search titles').evaluate((field: any) => field.matches(':focus'))).toBe(true)
  await page.locator('h1').click()
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  expect(await desk.statusOf(ids[1]!)).toBe('pending')
}, 40_000)

test('e edits the details where a policy lets it, and approves what has become of them', async () => {
  const match = { kind: 'request', type: 'letter' }
  const policy = { required_approvals: 1, approver_roles: ['reviewer', 'admin'], allow_edit: true }
  const body = { name: 'Letters', priority: 5, match, ...policy }
  const made = await desk.server.call('/v1/policies', { method: 'POST', key: 'cs_demo_admin', body })
  expect(made.status).toBe(201)
  const letter = { type: 'letter', title: 'Send the letter', details: { text: 'Dear Sir' } }
  const asked = await desk.server.call('/v1/requests', { method: 'POST', key: 'cs_demo_member', body: letter })
  const { id } = asked.body
  const page = await desk.pageOf('cs_demo_reviewer')
  await page.goto(`${desk.server.origin}/a/${id}`)
  await page.keyboard.press('e')
  await page.getByLabel('Details, as you would approve them (JSON)').fill('{"text": "Dear all"}')
  await page.getByRole('button', { name: 'Approve as edited' }).click()
  await page.getByText('Approved as edited: Send the letter').waitFor()
  await page.goto(`${desk.server.origin}/?view=decided`)
  await expect.poll(() => desk.statusOf(id), { timeout: 4_000 }).toBe('approved')
  const { body: request } = await desk.server.call(`/v1/requests/${id}`, { key: 'cs_demo_admin' })
  expect(request).toMatchObject({ edited: true, approved_details: { text: 'Dear all' } })
}, 30_000)

test('Markdown is laid out before it is shown, and nothing of it is ever HTML', async () => {
  const summary = [
    '# Big **news**',
    '- one\n- [two](https://two.example/x)\n- [three](javascript:alert(1))',
    '<img src=x onerror="alert(1)"><script>alert(1)</script>',
    '![image](https://tracker.example/x.png) `code` > no',
    '5. fifth\n7. seventh',
    '- [ ] todo\n- [x] done',
    '[one]: https://def.example/x "title"\n[one]: https://twice.example/',
    '[refers][one] and [titled](https://titled.example/ "unseen")',
    '``` and this too\nin a fence\n```',
  ].join('\n\n')
  const body = { type: 'text', title: 'Publish', summary, details: {} }
  const { body: request } = await desk.server.call('/v1/requests', { method: 'POST', key: 'cs_demo_member', body })
  const page = await desk.pageOf('cs_demo_reviewer')
  const seen = watched(page, desk.server.origin)
  await page.goto(`${desk.server.origin}/a/${request.id}`)
  const text = page.locator('.markdown')
  await text.locator('li').nth(2).waitFor()
  expect(await text.locator('img, script, h1').count()).toBe(0)
  const links = await text.locator('a').evaluateAll((all) => all.map((one) => one.getAttribute('href')))
  expect(links).toEqual([
    'https://two.example/x',
    'https://def.example/x',
    'https://twice.example/',
    'https://titled.example/',
  ])
  expect(await text.textContent()).toContain('<script>alert(1)</script>')
  expect(await text.locator('ol li').evaluateAll((all) => all.map((one: any) => one.value))).toEqual([5, 7])
  for (const line of [
    '[ ] todo',
    '[x] done',
    '[one]: https://def.example/x "title"',
    '[one]: https://twice.example/',
    '[refers][one] and titled (titled.example, "unseen")',
    '``` and this too',
  ])
    expect((await text.innerText()).split('\n')).toContain(line)
  expect(seen.foreign).toEqual([])
  await page.waitForLoadState('networkidle')
  expect(await movedIn(page)).toBe(0)
  // So it is where its page takes the place of another.
  await page.goto(`${desk.server.origin}/?view=all`)
  await text.locator('li').nth(2).waitFor()
  await page.waitForLoadState('networkidle')
  expect(await movedIn(page)).toBe(0)
})

test('axe finds nothing in the list and in an approval, in either look', async () => {
  const page = await inspectable(await desk.pageOf('cs_demo_reviewer'))
  for (const path of ['/', '/a/approval_001']) {
    expect([path, await faultsOf(page, desk.server.origin + path)]).toEqual([path, []])
  }
})
