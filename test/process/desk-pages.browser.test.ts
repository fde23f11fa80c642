import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { faultsOf, inspectable } from '../support/axe.ts'
import { openDesk, overflow, phone, type Desk } from '../support/chromium.ts'

/* What the pages of the desk are like in a browser. What axe says of two more is in desk.browser.test.ts. */

let desk: Desk
/** Where they are inspected, one after the other. */
let inspected: Promise<Page> | undefined

beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk?.dispose())

test('on paper an approval is whole: what is folded, exact times, its id and digest; and nothing to press', async () => {
  const id = await desk.ask('Deploy, printed')
  const page = await desk.pageOf('cs_demo_reviewer')
  await page.goto(`${desk.server.origin}/a/${id}`)
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  expect(await page.locator('.opened details pre').isVisible()).toBe(true)
  expect(await page.locator('.opened').innerText()).toMatch(new RegExp(`Id ${id}\\s+Digest [0-9a-f]{64}`))
  const time = page.locator('.timeline time').first()
  const behind = await time.evaluate((one) => (globalThis as any).getComputedStyle(one, '::after').content)
  expect(behind).toBe(`" (${await time.getAttribute('title')})"`)
  for (const shown of await page.getByRole('button').all()) expect(await shown.isVisible()).toBe(false)
  expect(await page.locator('html').evaluate((one) => (globalThis as any).getComputedStyle(one).colorScheme)).toBe(
    'light',
  )
})

test('ten thousand keys neither freeze nor break a page', async () => {
  const details = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key_${n}`, 'x'.repeat(10)]))
  details.long = 'w'.repeat(20_000)
  const body = { type: 'large', title: 'T'.repeat(200), details }
  const { body: request } = await desk.server.call('/v1/requests', { method: 'POST', key: 'cs_demo_member', body })
  const page = await desk.newPageOf('cs_demo_reviewer', { viewport: phone })
  const began = Date.now()
  await page.goto(`${desk.server.origin}/a/${request.id}`)
  await page.getByText('more are in the JSON').waitFor()
  await page.getByText('As sent (JSON)').click()
  expect(Date.now() - began).toBeLessThan(5_000)
  expect(await page.locator('.facts > div').count()).toBeLessThan(100)
  expect(await overflow(page)).toBe(0)
  await page.context().close()
})

const others = ['/sign-in', '/?view=asked', '/?view=all', '/a/req_nobody']

test.each([...others, ...['clm_demo0011', 'req_demo1', 'int_demo4'].map((id) => `/a/${id}`)])(
  'axe finds nothing in either look: %s',
  async (path) => {
    const page = await (inspected ??= desk.pageOf('cs_demo_admin').then(inspectable))
    expect(await faultsOf(page, desk.server.origin + path)).toEqual([])
  },
)
