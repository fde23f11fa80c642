import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { launchChromium, overflow, phone, watched } from '../support/chromium.ts'
import { startServer, type Server } from '../support/server.ts'

/* The API reference at /docs in a browser. Rendering it takes that some seconds, so it is done once. */

let server: Server
let browser: Browser
let page: Page
let seen: ReturnType<typeof watched>
/** How many operations there are, webhooks among them. */
let count: number

beforeAll(async () => {
  server = await startServer()
  browser = await launchChromium()
  const { paths, webhooks } = (await server.call('/openapi.json')).body
  count = Object.values<object>({ ...paths, ...webhooks }).flatMap(Object.keys).length
  page = await browser.newPage({ viewport: { width: 1200, height: 1600 } })
  seen = watched(page, server.origin)
  await page.goto(`${server.origin}/docs`)
  await page.locator('.opblock').first().waitFor({ timeout: 90_000 })
})
afterAll(async () => {
  await browser?.close()
  await server?.dispose()
})

test('the API reference renders every operation', async () => {
  expect(await page.locator('.opblock').count()).toBe(count)
  expect(seen).toEqual({ foreign: [], faults: [] })
})

test('on a phone too a call can be tried out, and no key is kept', async () => {
  await page.setViewportSize(phone)
  expect(await overflow(page)).toBe(0)
  expect(await page.locator('nav a').count()).toBe(7)
  await page.locator('button.authorize').first().click()
  await page.locator('.auth-container input').first().fill('cs_demo_coordinator')
  await page.locator('.auth-btn-wrapper .authorize').first().click()
  await page.locator('.btn-done').first().click()
  const opened = async (operationId: string) => {
    const block = page.locator(`[id$="-${operationId}"]`)
    await block.locator('.opblock-summary-control').click()
    await block.locator('.try-out__btn').click()
    return block
  }
  const list = await opened('listClaims')
  await list.locator('.execute').click()
  await list.locator('.live-responses-table .response-col_status').getByText('200').waitFor()
  await opened('submitClaim')
  expect(await overflow(page)).toBe(0)
  expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0)
  expect(seen.faults).toEqual([])
})
