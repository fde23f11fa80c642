import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromium, type Browser, type Page } from 'playwright-core'
import { refusals } from '../../src/refusals.ts'
import { startServer, type Server } from '../support/server.ts'

/* The pages under /docs in a browser: a phone's, unless a test says otherwise. */

const phone = { width: 390, height: 844 }
const pages = [
  '/docs',
  ...['quick-start', 'concepts', 'authentication', 'paging', 'errors', 'webhooks'].map((slug) => `/docs/${slug}`),
  ...Object.keys(refusals).map((code) => `/docs/errors/${code}`),
]

let server: Server
let browser: Browser
let operations: { operationId: string; path: string; method: string }[]

beforeAll(async () => {
  server = await startServer()
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking'],
  })
  const { paths, webhooks } = (await (await fetch(`${server.origin}/openapi.json`)).json()) as any
  operations = Object.entries<any>({ ...paths, ...webhooks }).flatMap(([path, methods]) =>
    Object.entries<any>(methods).map(([method, { operationId }]) => ({ operationId, path, method })),
  )
})
afterAll(async () => {
  await browser?.close()
  await server?.dispose()
})

interface Opened {
  page: Page
  foreign: string[]
  faults: string[]
}

/** A page that has been opened, with all that it asked for and complained of; in another's place if it says so. */
async function open(path: string, viewport = phone, inPlaceOf?: Page): Promise<Opened> {
  inPlaceOf?.removeAllListeners()
  const page = inPlaceOf ?? (await browser.newPage({ viewport }))
  const foreign: string[] = []
  const faults: string[] = []
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(server.origin) && !url.startsWith('data:')) foreign.push(url)
  })
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', (error) => faults.push(error.message))
  await page.goto(server.origin + path)
  if (path === '/docs') await page.locator('.opblock').first().waitFor()
  return { page, foreign, faults }
}

/** How far the page is wider than its window, in pixels. */
function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}

/** One for all pages of prose: a browser takes longer to make one than to show them. */
let prose: Page | undefined

test.each(pages.slice(1, 8))('%s on a phone: no wider than it, and all from here', async (path) => {
  const { page, foreign, faults } = await open(path, phone, prose)
  prose = page
  expect(await overflow(page)).toBe(0)
  expect({ foreign, faults }).toEqual({ foreign: [], faults: [] })
  const ways = await page.locator('nav a').all()
  expect(ways).toHaveLength(7)
  for (const way of ways) expect(await way.isVisible()).toBe(true)
  expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0)
})

test('each link of each page leads somewhere', async () => {
  const read = new Map<string, Promise<string>>()
  const text = (path: string) => {
    if (!read.has(path))
      read.set(
        path,
        fetch(server.origin + path).then((it) => (it.ok ? it.text() : '')),
      )
    return read.get(path)!
  }
  for (const path of pages.slice(1)) {
    const links = [...(await text(path)).matchAll(/<a [^>]*href="([^"]+)"/g)].map(([, href]) => href!)
    expect(links.length).toBeGreaterThanOrEqual(9)
    for (const link of links.filter((href) => !href.startsWith('https:'))) {
      const { pathname, hash } = new URL(link, server.origin + path)
      expect(await text(pathname), `${link} in ${path}`).not.toBe('')
      if (hash.startsWith('#/')) expect(operations.map(({ operationId }) => operationId)).toContain(hash.split('/')[2])
      else if (hash !== '') expect(await text(pathname)).toContain(`id="${hash.slice(1)}"`)
    }
  }
})

test('the pages of prose run nothing, and let nothing in', async () => {
  for (const path of pages.slice(1, 8)) {
    const answer = await fetch(server.origin + path)
    const policy = answer.headers.get('Content-Security-Policy')!
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe|script-src|https?:/)
    expect(await answer.text()).not.toMatch(/<script|<style| style=| on\w+=/)
  }
})

test('they follow the reader’s choice of light or dark', async () => {
  const { page } = await open('/docs/concepts', phone, prose)
  const ground = async (colorScheme: 'light' | 'dark') => {
    await page.emulateMedia({ colorScheme })
    return page.evaluate('getComputedStyle(document.body).backgroundColor')
  }
  expect(await ground('dark')).not.toBe(await ground('light'))
})

test('the commands of the quick start do what it says, pasted one after the other', async () => {
  const { page } = await open('/docs/quick-start', phone, prose)
  const [install, ...commands] = await page.locator('pre.sh').allTextContents()
  expect(install).toBe('npm ci && npm start')
  const output = execFileSync('bash', { input: commands.join("\necho '|'\n"), encoding: 'utf8' })
  const [asked, decided, again, all] = output.split('|\n').map((answer) => JSON.parse(answer))
  expect(asked).toMatchObject({ status: 'pending', amount: 6420 })
  expect(decided).toMatchObject({ claim_id: asked.claim_id, status: 'approved', decided_by: 'usr_coord99' })
  expect(again).toMatchObject({ code: 'already_decided', winner: { decision: 'approved' } })
  expect(all.approvals).toHaveLength(3)
})

/** Rendering it takes a browser seconds. */
let reference: ReturnType<typeof open> | undefined
const openReference = () => (reference ??= open('/docs', { width: 1200, height: 1600 }))

test('the API reference renders every operation', async () => {
  const { page, foreign, faults } = await openReference()
  expect(await page.locator('.opblock').count()).toBe(operations.length)
  expect({ foreign, faults }).toEqual({ foreign: [], faults: [] })
  await page.screenshot({ path: '.state/docs.png' })
})

test('on a phone too a call can be tried out, and no key is kept', async () => {
  const { page, faults } = await openReference()
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
  expect(faults).toEqual([])
})

test('an error’s type leads to a page that says what to do', async () => {
  const { body } = await server.call('/api/v1/claims/clm_nobody')
  const page = await browser.newPage()
  await page.goto(body.type)
  expect(await page.textContent('main')).toContain('What to do')
})
