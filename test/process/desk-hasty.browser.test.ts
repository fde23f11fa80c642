import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { say } from '../../src/desk/wording.ts'
import { faultsShown, inspectable } from '../support/axe.ts'
import { openDesk, overflow, phone, type Desk } from '../support/chromium.ts'

/*
 * Whoever is hasty at the desk, is interrupted, goes back and forth, or loses the connection: nothing is decided that
 * they have not meant, and nothing is lost that they have typed.
 */

let desk: Desk
/** What has been asked for in a test. */
let asked: string[] = []

const match = (type: string) => ({ kind: 'request', type })
const stages = (approvals: number) => [{ name: 'peer', all: [{ group: 'grp_support', approvals }] }]

beforeAll(async () => {
  desk = await openDesk()
  for (const body of [
    { name: 'Parcels', priority: 9, match: match('parcel'), stages: stages(1), allow_edit: true },
    { name: 'Crates', priority: 8, match: match('crate'), stages: stages(2) },
  ]) {
    const made = await desk.server.call('/v1/policies', { method: 'POST', key: 'cs_demo_admin', body })
    expect([made.status, made.body.detail]).toEqual([201, undefined])
  }
})
afterAll(() => desk?.dispose())
afterEach(async () => {
  for (const id of asked) await member(`/v1/requests/${id}`, { method: 'DELETE' })
  asked = []
})

const member = (path: string, init: { method?: string; body?: unknown } = {}) =>
  desk.server.call(path, { key: 'cs_demo_member', ...init })
const digestOf = async (id: string) =>
  (await desk.server.call(`/v1/approvals/${id}`, { key: 'cs_demo_admin' })).body.digest

/** Asks the group of Sam, for whom nothing else waits. */
async function ask(title: string, type = 'parcel'): Promise<string> {
  const { body } = await member('/v1/requests', { method: 'POST', body: { type, title, details: { to: 'Bern' } } })
  asked.push(body.id)
  return body.id
}

/** Somebody of the same group says yes, or no. */
async function vote(id: string, what: 'approve' | 'reject', key = 'cs_demo_support2'): Promise<void> {
  const body = { digest: await digestOf(id), comment: 'Well' }
  const voted = await desk.server.call(`/v1/approvals/${id}/${what}`, { method: 'POST', key, body })
  expect(voted.status).toBe(200)
}

/** Sam's page there, when it is at rest. */
async function pageAt(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await desk.newPageOf('cs_demo_support', options)
  page.setDefaultTimeout(10_000)
  await page.goto(desk.server.origin + path)
  await page.waitForLoadState('networkidle')
  return page
}

/** Signs in where the page is, in a session of its own. */
async function signIn(page: Page, key: string, next: string): Promise<void> {
  await page.context().clearCookies()
  await page.goto(`${desk.server.origin}/sign-in?demo=${key}&next=${encodeURIComponent(next)}`)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(desk.server.origin + next)
  await page.waitForLoadState('networkidle')
}

/** Sue signs in in another tab of the same browser. */
async function sueSignsInBeside(page: Page): Promise<void> {
  const beside = await page.context().newPage()
  await signIn(beside, 'cs_demo_support2', '/')
  await beside.getByText('Sue Support').first().waitFor()
  await page.bringToFront()
}

/** Has the page ask for what is new now, and not within four seconds. */
const lookForNews = (page: Page) => page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
const title = (page: Page) => page.locator('article h1')
const approve = (page: Page) => page.getByRole('button', { name: 'Approve', exact: true })
const comment = (page: Page) => page.locator('textarea[name=comment]')
const settled = (page: Page) => page.waitForTimeout(600)

describe('in haste', () => {
  test('a double click approves one, and so does holding the key', async () => {
    const ids = [await ask('First parcel'), await ask('Second parcel'), await ask('Third parcel')]
    const page = await pageAt(`/a/${ids[0]}`)
    await settled(page)
    await approve(page).dblclick()
    await title(page).getByText('Second parcel').waitFor()
    await settled(page)
    expect(await title(page).textContent()).toBe('Second parcel')
    await page.locator('h1').last().click()
    for (let times = 0; times < 8; times++) {
      await page.keyboard.down('a')
      await page.waitForTimeout(150)
    }
    await page.keyboard.up('a')
    expect(await title(page).textContent()).toBe('Third parcel')
    await page.goto(`${desk.server.origin}/docs/quick-start`)
    await expect.poll(() => desk.statusOf(ids[1]!), { timeout: 4_000 }).toBe('approved')
    expect([await desk.statusOf(ids[0]!), await desk.statusOf(ids[2]!)]).toEqual(['approved', 'pending'])
    await page.context().close()
  }, 30_000)

  test('pressing a key twice approves one; whoever goes on by j need not wait', async () => {
    const ids = [await ask('First parcel'), await ask('Second parcel'), await ask('Third parcel')]
    const page = await pageAt(`/a/${ids[0]}`)
    // In the page, which is not kept waiting by what drives it.
    const titles = await page.evaluate(async () => {
      const { document, KeyboardEvent } = globalThis as any
      const press = (key: string) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
      const title = () => document.querySelector('article h1').textContent as string
      const other = async (before: string) => {
        while (title() === before) await new Promise((resolve) => setTimeout(resolve, 5))
        return title()
      }
      press('a')
      const second = await other('First parcel')
      press('a')
      await new Promise((resolve) => setTimeout(resolve, 300))
      const still = title()
      press('j')
      const third = await other(still)
      press('a')
      return [second, still, third]
    })
    expect(titles).toEqual(['Second parcel', 'Second parcel', 'Third parcel'])
    await page.getByText('Approved: Third parcel').waitFor()
    await page.context().close()
  })
})

describe('while somebody types', () => {
  test('an amendment is told; nothing is swapped or decided until they have looked', async () => {
    const id = await ask('Send the parcel')
    const page = await pageAt(`/a/${id}`)
    await page.keyboard.press('e')
    await page.getByLabel('Details, as you would approve them (JSON)').fill('{"to": "Basel"}')
    await comment(page).click()
    await page.keyboard.type('Basel is ')
    await member(`/v1/requests/${id}`, { method: 'PATCH', body: { title: 'Send all parcels' } })
    await lookForNews(page)
    const told = page.getByRole('status').filter({ hasText: 'What is asked has changed since you opened it.' })
    await told.waitFor()
    expect(await title(page).textContent()).toBe('Send the parcel')
    await page.keyboard.type('a nearer place')
    expect(await comment(page).inputValue()).toBe('Basel is a nearer place')
    for (const name of ['Approve', 'Reject', 'Approve as edited'])
      expect(await page.getByRole('button', { name, exact: true }).isDisabled()).toBe(true)
    await told.getByRole('button', { name: 'Show it' }).click()
    await title(page).getByText('Send all parcels').waitFor()
    expect(await comment(page).inputValue()).toBe('Basel is a nearer place')
    expect(await page.locator('#details').inputValue()).toBe('{"to": "Basel"}')
    expect(await page.locator('.edit').evaluate((one: any) => one.open)).toBe(true)
    expect(await page.getByRole('button', { name: 'Approve as edited' }).isEnabled()).toBe(true)
    expect(await desk.statusOf(id)).toBe('pending')
    await page.context().close()
  })

  test('what others vote meanwhile takes neither focus, nor selection, nor what is typed or folded out', async () => {
    const id = await ask('Send the crate', 'crate')
    const page = await pageAt(`/a/${id}`)
    await page.getByText('As sent (JSON)').click()
    await comment(page).fill('Go to Bern')
    await comment(page).evaluate((field: any) => field.setSelectionRange(3, 5))
    await vote(id, 'approve')
    await lookForNews(page)
    await page.locator('article').getByText('1 of 2 approvals').waitFor()
    await page.keyboard.type('by')
    expect(await comment(page).inputValue()).toBe('Go by Bern')
    expect(await page.locator('.raw').evaluate((one: any) => one.open)).toBe(true)
    expect(await page.getByText('has changed since you opened it').count()).toBe(0)
    await page.context().close()
  })

  test('what is decided meanwhile takes the buttons, not the text, and no letter of it is a command', async () => {
    const [id, next] = [await ask('Send the parcel'), await ask('Send the next')]
    const page = await pageAt(`/a/${id}`)
    await comment(page).click()
    await page.keyboard.type('I ')
    await vote(id, 'approve')
    await lookForNews(page)
    await page.getByText('Sue Support approved this').waitFor()
    await page.keyboard.type('jam a lot')
    expect(await comment(page).inputValue()).toBe('I jam a lot')
    expect(await approve(page).count()).toBe(0)
    expect(await title(page).textContent()).toBe('Send the parcel')
    expect(await desk.statusOf(next)).toBe('pending')
    await page.context().close()
  })

  test('a page asks how it is now when the time of what is open is over', async () => {
    const id = await ask('Send the parcel')
    const page = await pageAt(`/a/${id}`)
    const asks = () =>
      page.waitForRequest(`**/a/${id}*`, { timeout: 3_000 }).then(
        () => true,
        () => false,
      )
    await page.evaluate(`document.querySelector('article').dataset.due = String(Date.now() + 60_000)`)
    const [early] = await Promise.all([asks(), lookForNews(page)])
    await page.evaluate(`document.querySelector('article').dataset.due = '5'`)
    const [over] = await Promise.all([asks(), lookForNews(page)])
    expect([early, over]).toEqual([false, true])
    await page.context().close()
  })

  test('an intent that is decided meanwhile is shown as decided, and not as amended', async () => {
    const instance = crypto.randomUUID()
    const call = { action: 'refund', skill_slug: 'payments', customer_id: instance, serialized_intent: { amount: 1 } }
    const made = await desk.server.call(`/internal/v1/instances/${instance}/approvals/request`, {
      method: 'POST',
      key: 'cs_demo_service',
      body: { ...call, approver_role: 'owner' },
    })
    expect(made.status).toBe(201)
    const { body } = await desk.server.call('/v1/approvals?kind=intent&status=pending&limit=1', {
      key: 'cs_demo_admin',
    })
    const [{ id }] = body.approvals
    const page = await desk.newPageOf('cs_demo_admin')
    await page.goto(`${desk.server.origin}/a/${id}`)
    await page.waitForLoadState('networkidle')
    expect(await approve(page).isEnabled()).toBe(true)
    await vote(id, 'approve', 'cs_demo_admin')
    await lookForNews(page)
    await page.getByText('approved this').waitFor()
    expect(await page.getByText('What is asked has changed').count()).toBe(0)
    expect(await approve(page).count()).toBe(0)
    await page.context().close()
  })

  test('a rejection takes no more than keys: r, why, Escape, r', async () => {
    const id = await ask('Send the parcel')
    const page = await pageAt(`/a/${id}`)
    await page.keyboard.press('r')
    await page.keyboard.type('nor this')
    await page.keyboard.press('Escape')
    await page.keyboard.press('r')
    await page.getByText('Rejected: Send the parcel').waitFor()
    await page.goto(`${desk.server.origin}/docs/quick-start`)
    await expect.poll(() => desk.statusOf(id), { timeout: 4_000 }).toBe('rejected')
    const { body } = await desk.server.call(`/v1/approvals/${id}`, { key: 'cs_demo_admin' })
    expect(body.comment).toBe('nor this')
    await page.context().close()
  })

  test('what opens by itself takes no letter of a search', async () => {
    await ask('Send the parcel')
    const page = await pageAt('/docs/quick-start')
    await page.route('**/a/*', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 500))
      await route.continue().catch(() => undefined)
    })
    await page.goto(`${desk.server.origin}/`)
    await page.getByLabel('Search titles').click()
    await page.keyboard.type('car')
    await title(page).waitFor()
    await page.keyboard.type('avan')
    expect(await page.getByLabel('Search titles').inputValue()).toBe('caravan')
    await page.context().close()
  })

  test('a change whose entity moves on is approved only as it is shown', async () => {
    const put = (n: number) =>
      desk.server.call('/api/v1/entities/offer/of_hasty', {
        method: 'PUT',
        key: 'cs_demo_admin',
        body: { entityName: 'Offer', data: { n, x: 1 } },
      })
    await put(1)
    const body = { entityType: 'offer', entityId: 'of_hasty', entityName: 'Offer', action: 'update', payload: { x: 2 } }
    const { body: change } = await member('/api/v1/approvals', { method: 'POST', body })
    const page = await desk.newPageOf('cs_demo_admin')
    await page.goto(`${desk.server.origin}/a/${change.id}`)
    await page.waitForLoadState('networkidle')
    await approve(page).focus()
    await put(2)
    await lookForNews(page)
    await page.getByRole('status').getByText('What is asked has changed since you opened it.').waitFor()
    expect(await approve(page).isDisabled()).toBe(true)
    // Whoever was about to press it is at what helps.
    await page.keyboard.press('Enter')
    await page.getByText('You see what it would be now').waitFor()
    await settled(page)
    await approve(page).click()
    await page.goto(`${desk.server.origin}/docs/quick-start`)
    await expect.poll(() => desk.statusOf(change.id), { timeout: 4_000 }).toBe('approved')
    await page.context().close()
  })

  test('details that are changed keep from approving what is asked, and say so', async () => {
    const id = await ask('Send the parcel')
    const page = await pageAt(`/a/${id}`)
    await page.keyboard.press('e')
    await page.locator('#details').fill('{"to": "Basel"}')
    await page.getByRole('status').getByText('You have changed the details').waitFor()
    expect(await approve(page).isDisabled()).toBe(true)
    await page.locator('h1').last().click()
    await page.keyboard.press('a')
    expect(await page.getByRole('button', { name: 'Undo' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Put them back' }).click()
    expect(await approve(page).isEnabled()).toBe(true)
    expect(JSON.parse(await page.locator('#details').inputValue())).toEqual({ to: 'Bern' })
    await page.context().close()
  })

  test('what is typed stays: over the skip link, j and k, an undo at the list, and without a connection', async () => {
    const ids = [await ask('First parcel'), await ask('Second parcel')]
    const page = await pageAt('/')
    await title(page).getByText('First parcel').waitFor()
    await comment(page).fill('Mind the stairs')
    await page.locator('.skip').focus()
    await page.keyboard.press('Enter')
    await page.waitForTimeout(300)
    expect(await comment(page).inputValue()).toBe('Mind the stairs')
    await page.locator('h1').last().click()
    await page.keyboard.press('j')
    await title(page).getByText('Second parcel').waitFor()
    expect(await comment(page).inputValue()).toBe('')
    await page.keyboard.press('k')
    await title(page).getByText('First parcel').waitFor()
    expect(await comment(page).inputValue()).toBe('Mind the stairs')
    await page.goto(`${desk.server.origin}/`)
    await title(page).getByText('First parcel').waitFor()
    expect(await comment(page).inputValue()).toBe('Mind the stairs')
    await settled(page)
    await approve(page).click()
    await page.getByRole('button', { name: 'Undo' }).click()
    await title(page).getByText('First parcel').waitFor()
    await expect.poll(() => comment(page).inputValue()).toBe('Mind the stairs')
    await page.waitForLoadState('networkidle')
    await page.context().setOffline(true)
    await page.evaluate((id) => (globalThis as any).document.getElementById(`item-${id}`).remove(), ids[1])
    const later = await ask('Third parcel')
    await page.evaluate((id) => {
      const { document } = globalThis as any
      document.querySelector('#items').insertAdjacentHTML('beforeend', `<li><a href="/a/${id}">Third</a></li>`)
    }, later)
    await page.locator('h1').last().click()
    await page.keyboard.press('j')
    await page.getByText('You are offline').waitFor()
    expect(await comment(page).inputValue()).toBe('Mind the stairs')
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).click()
    await title(page).getByText('Third parcel').waitFor()
    expect(await page.getByText('You are offline').count()).toBe(0)
    await page.context().close()
  }, 30_000)

  test('a rejection without a comment leads into the comment, with or without scripts', async () => {
    const id = await ask('Send the parcel')
    for (const javaScriptEnabled of [true, false]) {
      const page = await pageAt(`/a/${id}`, { javaScriptEnabled })
      if (javaScriptEnabled) await settled(page)
      await page.getByRole('button', { name: 'Reject' }).click()
      await page.getByRole('alert').getByText('Say why in the comment').waitFor()
      const field = comment(page)
      expect(await field.getAttribute('aria-invalid')).toBe('true')
      const fault = (await field.getAttribute('aria-describedby'))!.split(' ')[0]
      expect(await page.locator(`#${fault}`).textContent()).toContain('Say why in the comment')
      if (javaScriptEnabled) expect(await field.evaluate((one: any) => one.matches(':focus'))).toBe(true)
      else expect(await field.getAttribute('autofocus')).not.toBe(null)
      await page.context().close()
    }
    expect(await desk.statusOf(id)).toBe('pending')
  })
})

describe('on leaving', () => {
  test('signing out sends what is held, and whoever signs in next finds nothing of it', async () => {
    const id = await ask('Send the parcel')
    const page = await pageAt('/')
    await signIn(page, 'cs_demo_support', `/a/${id}`)
    await comment(page).fill('Between us')
    await page.route(`**/a/${id}`, async (route) => {
      if (route.request().method() === 'POST') await new Promise((resolve) => setTimeout(resolve, 500))
      await route.continue()
    })
    await settled(page)
    await approve(page).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL('**/sign-in')
    expect(await desk.statusOf(id)).toBe('approved')
    expect(await page.evaluate('JSON.stringify(sessionStorage)')).not.toContain('Between us')
    await page.context().close()
  })

  test('what could not be sent is told to nobody but whom it belongs to', async () => {
    const id = await ask('Send the parcel')
    const page = await pageAt(`/a/${id}`)
    await comment(page).fill('Between us')
    await page.route(`**/a/${id}`, (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()))
    await settled(page)
    await approve(page).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('alert').getByText('Send the parcel: not sent').waitFor()
    expect(new URL(page.url()).pathname).not.toBe('/sign-in')
    // Their session ends, and somebody else signs in where they were.
    await page.unroute(`**/a/${id}`)
    for (const [key, told] of [
      ['cs_demo_support2', 0],
      ['cs_demo_support', 1],
    ] as const) {
      await signIn(page, key, '/?view=all')
      await title(page).waitFor()
      await page.waitForTimeout(3_000)
      expect([key, await page.getByRole('alert').getByText('not sent').count()]).toEqual([key, told])
    }
    await page.context().close()
  }, 30_000)

  test('a tab that somebody else has signed in beside becomes theirs as a whole, and keeps nothing of the one before', async () => {
    const id = await ask('First parcel')
    const page = await pageAt(`/a/${id}`)
    await comment(page).fill('Typed by Sam')
    await sueSignsInBeside(page)
    await ask('Third parcel')
    await lookForNews(page)
    await page.getByText('Sue Support').first().waitFor()
    expect(await page.getByText('Sam Support').count()).toBe(0)
    await title(page).waitFor()
    expect(await comment(page).inputValue()).toBe('')
    await page.context().close()
  })

  test('a link to what is opened in place leads there as a whole where somebody else has signed in', async () => {
    const [, other] = [await ask('First parcel'), await ask('Second parcel')]
    const page = await pageAt('/?view=all')
    await sueSignsInBeside(page)
    await page.locator(`#item-${other} a`).click()
    await page.getByText('Sue Support').first().waitFor()
    expect(await page.getByText('Sam Support').count()).toBe(0)
    await page.context().close()
  })

  test('going back to what was decided shows that it is', async () => {
    const [id] = [await ask('First parcel'), await ask('Second parcel')]
    const page = await pageAt(`/a/${id}`)
    await page.keyboard.press('a')
    await title(page).getByText('Second parcel').waitFor()
    await page.goBack()
    await title(page).getByText('First parcel').waitFor()
    expect(await approve(page).isEnabled()).toBe(false)
    await page.getByText('Sam Support approved this').waitFor({ timeout: 9_000 })
    expect(await approve(page).count()).toBe(0)
    await page.context().close()
  })

  test('and so does a page that was loaded while it was being sent', async () => {
    const id = await ask('First parcel')
    const page = await pageAt(`/a/${id}`)
    await page.route(`**/a/${id}`, async (route) => {
      if (route.request().method() === 'POST') await new Promise((resolve) => setTimeout(resolve, 1_000))
      await route.continue()
    })
    await page.keyboard.press('a')
    await page.getByRole('button', { name: 'Undo' }).waitFor()
    await page.goto(`${desk.server.origin}/a/${id}?view=all`)
    await page.getByText('Sam Support approved this').waitFor({ timeout: 9_000 })
    await page.context().close()
  })

  test('what is sent again keeps its list', async () => {
    const id = await ask('First parcel')
    const page = await pageAt(`/a/${id}?kind=request`)
    const posted: string[] = []
    await page.route(`**/a/${id}?kind=request`, (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      posted.push(route.request().url())
      return posted.length === 1 ? route.abort() : route.continue()
    })
    await page.keyboard.press('a')
    await page.getByRole('button', { name: 'Send again' }).click()
    await expect.poll(() => desk.statusOf(id), { timeout: 4_000 }).toBe('approved')
    expect(posted.length).toBe(2)
    await page.context().close()
  })

  test('signing in again ends where the form is', async () => {
    const id = await ask('Send the parcel')
    const page = await pageAt(`/a/${id}?kind=request`)
    await comment(page).fill('Go')
    await page.context().clearCookies()
    await settled(page)
    await approve(page).click()
    await page.getByText('What you typed is kept:').waitFor({ timeout: 9_000 })
    await page.getByLabel('API key').fill('cs_demo_support')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect.poll(() => comment(page).inputValue()).toBe('Go')
    // The page is there before its module, which sets the address.
    await page.waitForURL(`**/a/${id}?kind=request`)
    await page.context().close()
  })
})

describe('the list', () => {
  test('keeps up with the one that opened by itself, and with what there is', async () => {
    const page = await pageAt('/')
    await page.getByRole('heading', { name: 'All done' }).waitFor()
    const id = await ask('Send the parcel')
    await lookForNews(page)
    await page.locator('#items').getByText('Send the parcel').waitFor()
    expect(await page.getByText('Nothing waits for you.').count()).toBe(0)
    expect(await page.getByRole('heading', { name: 'All done' }).count()).toBe(0)
    await page.goto(`${desk.server.origin}/`)
    await title(page).getByText('Send the parcel').waitFor()
    await page.waitForLoadState('networkidle')
    await vote(id, 'approve')
    await lookForNews(page)
    await page.getByText('Sue Support approved this').waitFor()
    expect(await approve(page).count()).toBe(0)
    await page.context().close()
  })

  test('of all keeps what is decided there; the last of a part of it leads to that part', async () => {
    const id = await ask('Send the parcel')
    const page = await pageAt(`/a/${id}?view=all`)
    await page.keyboard.press('a')
    await page.getByText('Approved: Send the parcel').waitFor()
    await page.waitForTimeout(400)
    expect(await page.locator(`#item-${id}`).count()).toBe(1)
    await expect.poll(() => page.locator(`#item-${id}`).textContent(), { timeout: 9_000 }).toContain('approved')
    const last = await ask('Send the last')
    await page.goto(`${desk.server.origin}/a/${last}?kind=request&q=last`)
    await page.keyboard.press('a')
    await page.getByRole('main').getByText('Last: Send the last').waitFor({ timeout: 9_000 })
    const { searchParams } = new URL(page.url())
    expect(Object.fromEntries(searchParams)).toEqual({ kind: 'request', q: 'last', last })
    expect(await page.title()).toBe('Waiting for you · Countersign')
    await page.context().close()
  }, 30_000)

  test('goes on behind what somebody else has decided, which is gone from it', async () => {
    const ids = [await ask('First parcel'), await ask('Second parcel'), await ask('Third parcel')]
    const page = await pageAt(`/a/${ids[1]}`)
    const isGone = async (id: string) => {
      await vote(id, 'approve')
      await lookForNews(page)
      await expect.poll(() => page.locator(`#item-${id}`).count()).toBe(0)
    }
    await isGone(ids[1]!)
    await page.keyboard.press('j')
    await title(page).getByText('Third parcel').waitFor()
    await isGone(ids[2]!)
    await page.keyboard.press('j')
    await page.waitForTimeout(300)
    expect(await title(page).textContent()).toBe('Third parcel')
    await page.keyboard.press('k')
    await title(page).getByText('First parcel').waitFor()
    await page.context().close()
  })

  test('on a phone is where it was, after Back and after the link back', async () => {
    for (let n = 0; n < 16; n++) await ask(`Parcel ${n}`)
    const page = await pageAt('/', { viewport: phone })
    for (const leave of [() => page.goBack(), () => page.getByRole('link', { name: 'Back to the list' }).click()]) {
      await page.getByText('Parcel 14', { exact: true }).scrollIntoViewIfNeeded()
      const y = await page.evaluate('scrollY')
      expect(y).toBeGreaterThan(100)
      await page.getByText('Parcel 14', { exact: true }).click()
      await title(page).getByText('Parcel 14').waitFor()
      await leave()
      await page.getByText('Parcel 13', { exact: true }).waitFor()
      await expect.poll(() => page.evaluate('scrollY')).toBe(y)
      expect([new URL(page.url()).pathname, await page.title()]).toEqual(['/', 'Waiting for you · Countersign'])
    }
    await page.context().close()
  }, 30_000)
})

test('what was refused stays beside an undo, and over the next page, until it is dismissed', async () => {
  const ids = [await ask('First parcel'), await ask('Second parcel'), await ask('Third parcel')]
  const page = await pageAt(`/a/${ids[0]}`, { viewport: { width: 360, height: 740 } })
  await page.keyboard.press('a')
  await title(page).getByText('Second parcel').waitFor()
  await vote(ids[0]!, 'reject')
  await settled(page)
  await approve(page).click()
  const refused = page.getByRole('alert').getByText('First parcel: ')
  await refused.waitFor()
  const undo = page.getByRole('button', { name: 'Undo' })
  await undo.waitFor()
  // One line of it is as high as a button is.
  expect(await undo.evaluate((one: any) => one.offsetHeight)).toBeLessThan(45)
  expect(await overflow(page)).toBe(0)
  await page.goto(`${desk.server.origin}/?view=all`)
  await refused.waitFor()
  await page.getByRole('alert').getByRole('button', { name: 'Close' }).click()
  expect(await refused.count()).toBe(0)
  await page.reload()
  await page.waitForLoadState('networkidle')
  expect(await refused.count()).toBe(0)
  await page.context().close()
}, 30_000)

test('what is told covers neither the buttons nor the comment, however wide the window', async () => {
  const id = await ask('First parcel')
  const body = { type: 'parcel', title: 'Second parcel', details: { list: 'A line\n'.repeat(80) } }
  asked.push((await member('/v1/requests', { method: 'POST', body })).body.id)
  const page = await pageAt(`/a/${id}`)
  // It stays for as long as this looks at it.
  await page.clock.install()
  await page.reload()
  await page.waitForLoadState('networkidle')
  await page.clock.runFor(600)
  await page.keyboard.press('a')
  await title(page).getByText('Second parcel').waitFor()
  await page.getByRole('button', { name: 'Undo' }).waitFor()
  await page.clock.runFor(600)
  for (const [width, height] of [
    [768, 1024],
    [820, 1180],
    [1024, 768],
    [1280, 800],
    [1600, 900],
  ] as const) {
    await page.setViewportSize({ width, height })
    const reached = await page.evaluate(() => {
      const { document } = globalThis as any
      return ['[value=approve]', '[value=reject]', '#comment'].map((one) => {
        const found = document.querySelector(`#decide ${one}`)
        const { x, y, width, height } = found.getBoundingClientRect()
        return [0.05, 0.5, 0.95].every((part) => document.elementFromPoint(x + width * part, y + height / 2) === found)
      })
    })
    expect([width, reached]).toEqual([width, [true, true, true]])
  }
  await page.context().close()
})

test('what is too much to be sent while leaving is sent all the same', async () => {
  const id = await ask('First parcel')
  const page = await pageAt(`/a/${id}`)
  await page.keyboard.press('e')
  const to = '見'.repeat(8_000)
  await page.locator('#details').fill(JSON.stringify({ to }))
  await settled(page)
  await page.getByRole('button', { name: 'Approve as edited' }).click()
  await expect.poll(() => desk.statusOf(id), { timeout: 9_000 }).toBe('approved')
  expect((await member(`/v1/requests/${id}`)).body.approved_details).toEqual({ to })
  await page.context().close()
}, 30_000)

test('what is much together is sent all the same, however long each takes', async () => {
  const ids = [await ask('First parcel'), await ask('Second parcel'), await ask('Third parcel')]
  const page = await pageAt(`/a/${ids[0]}`)
  const posted: (() => void)[] = []
  await page.route('**/a/*', async (route) => {
    if (route.request().method() === 'POST') await new Promise<void>((resolve) => posted.push(resolve))
    await route.continue()
  })
  for (const name of ['First parcel', 'Second parcel', 'Third parcel']) {
    await title(page).getByText(name).waitFor()
    await settled(page)
    await page.locator('.edit').evaluate((one: any) => (one.open = true))
    await page.locator('#details').fill(JSON.stringify({ to: '見'.repeat(2_800) }))
    await page.getByRole('button', { name: 'Approve as edited' }).click()
  }
  await expect.poll(() => posted.length, { timeout: 9_000 }).toBe(3)
  for (const goOn of posted) goOn()
  for (const id of ids) await expect.poll(() => desk.statusOf(id), { timeout: 9_000 }).toBe('approved')
  await page.context().close()
}, 40_000)

test('what was refused is told as one says it beside another', async () => {
  const ids = [await ask('First parcel'), await ask('Second parcel')]
  const page = await pageAt(`/a/${ids[0]}`)
  await page.keyboard.press('a')
  await title(page).getByText('Second parcel').waitFor()
  await member(`/v1/requests/${ids[0]}`, { method: 'PATCH', body: { title: 'All parcels' } })
  await settled(page)
  await approve(page).click()
  const told = page.getByRole('alert').getByText('First parcel: ')
  await told.waitFor()
  expect(await told.textContent()).toBe(`First parcel: ${say.refusedAside.digest_mismatch}`)
  await page.getByRole('button', { name: 'Look' }).click()
  await title(page).getByText('All parcels').waitFor()
  await page.context().close()
})

test('keys of one letter are turned off where they are told of, and stay so', async () => {
  const id = await ask('Send the parcel')
  const page = await pageAt(`/a/${id}`)
  await page.keyboard.press('?')
  await page.getByRole('checkbox', { name: 'Use these keys' }).uncheck()
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
  for (const again of [false, true]) {
    if (again) await page.reload()
    await page.waitForLoadState('networkidle')
    for (const key of ['a', '?', '/']) await page.keyboard.press(key)
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Undo' }).count()).toBe(0)
  }
  await page.getByRole('button', { name: 'Keys' }).click()
  await page.getByRole('checkbox', { name: 'Use these keys' }).check()
  await page.keyboard.press('Escape')
  await page.keyboard.press('a')
  await page.getByText('Approved: Send the parcel').waitFor()
  await page.context().close()
})

test('axe finds nothing where details are changed and a comment is missing', async () => {
  const id = await ask('Send the parcel')
  const page = await inspectable(await pageAt('/'))
  await page.goto(`${desk.server.origin}/a/${id}`)
  await page.waitForLoadState('networkidle')
  await page.keyboard.press('e')
  await page.locator('#details').fill('{"to": "Basel"}')
  await page.getByRole('button', { name: 'Reject' }).click()
  await page.getByRole('alert').waitFor()
  expect(await faultsShown(page)).toEqual([])
  await page.context().close()
})
