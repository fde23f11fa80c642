import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { refusals } from '../../src/refusals.ts'
import { launchChromium, overflow, phone, watched } from '../support/chromium.ts'
import { startServer, type Server } from '../support/server.ts'

/* The pages of prose under /docs, in a browser: a phone's. The reference is in docs-reference.browser.test.ts. */

const pages = [
  '/docs',
  ...['quick-start', 'concepts', 'authentication', 'paging', 'errors', 'webhooks'].map((slug) => `/docs/${slug}`),
  ...Object.keys(refusals).map((code) => `/docs/errors/${code}`),
]

let server: Server
let browser: Browser
/** One for all: a browser takes longer to make one than to show them. */
let page: Page
let operationIds: string[]

beforeAll(async () => {
  server = await startServer()
  browser = await launchChromium()
  page = await browser.newPage({ viewport: phone })
  const { paths, webhooks } = (await server.call('/openapi.json')).body
  operationIds = Object.values<object>({ ...paths, ...webhooks }).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  )
})
afterAll(async () => {
  await browser?.close()
  await server?.dispose()
})

test.each(pages.slice(1, 8))('%s on a phone: no wider than it, and all from here', async (path) => {
  const seen = watched(page, server.origin)
  await page.goto(server.origin + path)
  expect(await overflow(page)).toBe(0)
  expect(seen).toEqual({ foreign: [], faults: [] })
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
      if (hash.startsWith('#/')) expect(operationIds).toContain(hash.split('/')[2])
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
  await page.goto(`${server.origin}/docs/concepts`)
  const ground = async (colorScheme: 'light' | 'dark') => {
    await page.emulateMedia({ colorScheme })
    return page.evaluate('getComputedStyle(document.body).backgroundColor')
  }
  expect(await ground('dark')).not.toBe(await ground('light'))
})

test('the commands of the quick start do what it says, pasted one after the other', async () => {
  await page.goto(`${server.origin}/docs/quick-start`)
  const [install, ...commands] = await page.locator('pre.sh').allTextContents()
  expect(install).toBe('npm ci && npm start')
  const output = execFileSync('bash', { input: commands.join("\necho '|'\n"), encoding: 'utf8' })
  const [asked, decided, again, all] = output.split('|\n').map((answer) => JSON.parse(answer))
  expect(asked).toMatchObject({ status: 'pending', amount: 6420 })
  expect(decided).toMatchObject({ claim_id: asked.claim_id, status: 'approved', decided_by: 'usr_coord99' })
  expect(again).toMatchObject({ code: 'already_decided', winner: { decision: 'approved' } })
  expect(all.approvals).toHaveLength(3)
})

test('an error’s type leads to a page that says what to do', async () => {
  const { body } = await server.call('/api/v1/claims/clm_nobody')
  await page.goto(body.type)
  expect(await page.textContent('main')).toContain('What to do')
})
