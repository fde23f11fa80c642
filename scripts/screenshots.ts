// `npm run screenshots`: makes the pictures of docs/images again, of the desk as it is now, on demo data of its own.
//
//   CHROMIUM      a Chromium (/usr/bin/chromium)
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContextOptions, type Page } from 'playwright-core'
import { developmentKey } from './development-key.ts'
import { startLocalServer } from './local-server.ts'

const target = join(import.meta.dirname, '../docs/images')
const state = mkdtempSync(join(tmpdir(), 'countersign-screenshots-'))
const port = Number(process.env.PORT ?? 8798)
const vars = { RATE_LIMIT: 'off', LOG_REQUESTS: 'off', DEMO: 'on', HISTORY_SIGNING_KEY: developmentKey }
const server = await startLocalServer({ port, state, vars, log: () => undefined })
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking'],
})
const desktop = { viewport: { width: 1280, height: 800 } }
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 }

mkdirSync(target, { recursive: true })
try {
  await ask('cs_demo_service', '/internal/v1/instances/5f0c1a52-6f4b-4b1e-9d0a-3c1f6f1d2a10/approvals/request', {
    action: 'refund_order',
    skill_slug: 'payments',
    customer_id: '7d9f0a34-2f0e-4f0c-8f59-0f3f7f3f2b11',
    approver_role: 'owner',
    serialized_intent: { order: 'o_1001', amount: 1450, currency: 'EUR', reason: 'Arrived broken, twice' },
  })
  const exported = await ask('cs_demo_member', '/v1/requests', {
    type: 'data-export',
    title: 'Export 1,200 customer records to the auditor',
    summary:
      'The auditor asked for **all customers of 2025**:\n\n- names and addresses\n- what they bought, *not* how they paid',
    details: { recipient: 'audit@example.com', records: 1200, year: 2025, fields: ['name', 'address', 'orders'] },
    subject: { type: 'ticket', id: 'AUD-77', url: 'https://tickets.example.com/AUD-77' },
    expires_in_hours: 3,
  })
  await picture('inbox', 'cs_demo_coordinator', desktop, '/', async (page) => page.locator('article h1').waitFor())
  await picture('change-dark', 'cs_demo_admin', { ...desktop, colorScheme: 'dark' }, '/a/approval_001')
  await picture('stages', 'cs_demo_support', { viewport: { width: 1280, height: 960 } }, `/a/${exported.id}`, laidOut)
  await picture('phone-list', 'cs_demo_coordinator', phone, '/')
  await picture('phone-dark', 'cs_demo_support', { ...phone, colorScheme: 'dark' }, `/a/${exported.id}`, laidOut)
} finally {
  await browser.close()
  await server.stop()
  rmSync(state, { recursive: true })
}
process.exit(0)

/** A picture of a page as somebody sees it. */
async function picture(
  name: string,
  key: string,
  options: BrowserContextOptions,
  path: string,
  ready: (page: Page) => Promise<unknown> = async () => undefined,
): Promise<void> {
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' })
  const page = await context.newPage()
  await page.goto(`${server.origin}/sign-in?demo=${key}`)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${server.origin}/`)
  await page.goto(server.origin + path)
  await ready(page)
  await page.waitForLoadState('networkidle')
  const file = join(target, `${name}.webp`)
  writeFileSync(file, await asWebp(page))
  console.log(`${name}: ${Math.round(statSync(file).size / 1024)} KiB`)
  await context.close()
}

/** Chromium writes WebP, which is a third of the size. */
async function asWebp(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 })
  return Buffer.from(data, 'base64')
}

async function laidOut(page: Page): Promise<void> {
  await page.locator('.markdown').waitFor()
}

async function ask(key: string, path: string, body: object): Promise<{ id: string }> {
  const answer = await fetch(server.origin + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json() as Promise<{ id: string }>
}
