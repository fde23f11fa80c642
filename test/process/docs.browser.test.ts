import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromium, type Browser } from 'playwright-core'
import { startServer, type Server } from '../support/server.ts'

let server: Server
let browser: Browser

beforeAll(async () => {
  server = await startServer()
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking'],
  })
})
afterAll(async () => {
  await browser?.close()
  await server?.dispose()
})

test('the API reference renders every operation and asks no other host for anything', async () => {
  const page = await browser.newPage({ viewport: { width: 1200, height: 1600 } })
  const asked: string[] = []
  const faults: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  await page.goto(`${server.origin}/docs`)
  await page.locator('.opblock').first().waitFor()
  const { paths, webhooks } = (await (await fetch(`${server.origin}/openapi.json`)).json()) as {
    paths: Record<string, object>
    webhooks: Record<string, object>
  }
  const operations = Object.values({ ...paths, ...webhooks }).flatMap((methods) => Object.keys(methods))
  expect(await page.locator('.opblock').count()).toBe(operations.length)
  expect(asked.filter((url) => !url.startsWith(server.origin) && !url.startsWith('data:'))).toEqual([])
  expect(faults).toEqual([])
  await page.screenshot({ path: '.state/docs.png' })
})

test('an error’s type leads to a page that says what to do', async () => {
  const { body } = await server.call('/api/v1/claims/clm_nobody')
  const page = await browser.newPage()
  await page.goto(body.type)
  expect(await page.textContent('main')).toContain('What to do')
})
