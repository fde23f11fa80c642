import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { startServer, type Server } from '../support/server.ts'

/* The desk in a browser: a desktop's, unless a test says otherwise. */

const phone = { width: 390, height: 844 }
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

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

/** Somebody who has signed in with a demo key, by the link that fills it in. */
async function signIn(key: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, bypassCSP: true, ...options })
  const page = await context.newPage()
  await page.goto(`${server.origin}/sign-in?demo=${key}`)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('list', { name: 'Waiting for you' }).waitFor()
  return page
}

async function ask(title: string) {
  const body = { type: 'deployment', title, details: { version: '4.2.0' } }
  const asked = await server.call('/v1/requests', { method: 'POST', key: 'cs_demo_member', body })
  return asked.body.id as string
}

const statusOf = async (id: string) =>
  (await server.call(`/v1/approvals/${id}`, { key: 'cs_demo_admin' })).body.status as string

test('without JavaScript: sign in, the list, approve, the next', async () => {
  const id = await ask('Deploy without scripts')
  const page = await signIn('cs_demo_reviewer', { javaScriptEnabled: false })
  await page.goto(`${server.origin}/a/${id}`)
  await page.getByLabel('Comment').fill('Go ahead')
  await page.getByRole('button', { name: 'Approve', exact: true }).click()
  expect(new URL(page.url()).pathname).not.toBe(`/a/${id}`)
  expect(await statusOf(id)).toBe('approved')
  await page.context().close()
})

test('a decision may be undone for five seconds, and is sent then', async () => {
  const id = await ask('Deploy, undone')
  const page = await signIn('cs_demo_reviewer')
  await page.goto(`${server.origin}/a/${id}`)
  await page.keyboard.press('a')
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('heading', { name: 'Deploy, undone' }).waitFor()
  expect(await statusOf(id)).toBe('pending')
  await page.keyboard.press('a')
  await page.getByText('Approved: Deploy, undone').waitFor()
  await expect.poll(() => statusOf(id), { timeout: 9_000 }).toBe('approved')
  await page.context().close()
})

test('leaving the page sends what was decided', async () => {
  const id = await ask('Deploy, and leave')
  const page = await signIn('cs_demo_reviewer')
  await page.goto(`${server.origin}/a/${id}`)
  await page.keyboard.press('a')
  await page.getByRole('button', { name: 'Undo' }).waitFor()
  await page.goto(`${server.origin}/docs/quick-start`)
  await expect.poll(() => statusOf(id), { timeout: 4_000 }).toBe('approved')
  await page.context().close()
})

test('what others ask for and decide appears by itself, and a lost race is told kindly', async () => {
  const page = await signIn('cs_demo_reviewer')
  const id = await ask('Deploy, watched')
  await page.getByRole('list', { name: 'Waiting for you' }).getByText('Deploy, watched').click()
  await page.getByRole('heading', { name: 'Deploy, watched' }).waitFor()
  await page.getByLabel('Comment').fill('I am about to')
  const digest = await page.locator('input[name=digest]').inputValue()
  const body = { digest }
  await server.call(`/v1/approvals/${id}/approve`, { method: 'POST', key: 'cs_demo_coordinator', body })
  await page.getByText('Carla Coordinator approved this').waitFor()
  await page.context().close()
}, 30_000)

test.each([
  ['light', 'desktop', { colorScheme: 'light' }],
  ['dark', 'phone', { colorScheme: 'dark', viewport: phone }],
] as const)('axe finds nothing: %s, %s', async (_scheme, _device, options) => {
  const page = await signIn('cs_demo_admin', options)
  const ids = ['approval_001', 'clm_demo0011', 'req_demo1', 'int_demo4']
  const paths = ['/sign-in', '/', '/?view=asked', '/?view=all', '/a/req_nobody', ...ids.map((id) => `/a/${id}`)]
  for (const path of paths) {
    await page.goto(server.origin + path)
    await page.evaluate(axe)
    const { violations } = await page.evaluate(async () => (globalThis as any).axe.run())
    expect(violations.map(({ id, nodes }: any) => [path, id, nodes[0].html])).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0)
  }
  await page.context().close()
})
