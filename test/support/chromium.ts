import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { startServer, type Server } from './server.ts'

export const desktop = { width: 1280, height: 800 }
export const phone = { width: 390, height: 844 }

export const launchChromium = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking'],
  })

/** The desk of a server of its own, in Chromium. */
export interface Desk {
  server: Server
  browser: Browser
  /** The page of whoever has this demo key: signed in once, and the same from then on, as it was left. */
  pageOf(key: string): Promise<Page>
  /** Another page of theirs, in a context of its own: for whoever needs a browser with other settings. */
  newPageOf(key: string, options?: BrowserContextOptions): Promise<Page>
  /** Has a deployment asked for; its id. */
  ask(title: string, key?: string): Promise<string>
  statusOf(id: string): Promise<string>
  dispose(): Promise<void>
}

export async function openDesk(): Promise<Desk> {
  const server = await startServer()
  const browser = await launchChromium()
  /** A page costs a browser more than all that a test does on it. */
  const pages = new Map<string, Promise<Page>>()
  /** What a browser keeps of who has signed in, by the key. */
  const signedIn = new Map<string, BrowserContextOptions['storageState']>()

  async function newPageOf(key: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: desktop, storageState: signedIn.get(key), ...options })
    const page = await context.newPage()
    if (signedIn.has(key)) return page
    await page.goto(`${server.origin}/sign-in?demo=${key}`)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('list', { name: 'Waiting for you' }).waitFor()
    signedIn.set(key, await context.storageState())
    return page
  }

  return {
    server,
    browser,
    newPageOf,
    pageOf(key) {
      const page = pages.get(key) ?? newPageOf(key)
      pages.set(key, page)
      return page
    },
    async ask(title, key = 'cs_demo_member') {
      const body = { type: 'deployment', title, details: { version: '4.2.0' } }
      const asked = await server.call('/v1/requests', { method: 'POST', key, body })
      return asked.body.id as string
    },
    async statusOf(id) {
      return (await server.call(`/v1/approvals/${id}`, { key: 'cs_demo_admin' })).body.status as string
    },
    async dispose() {
      await browser.close()
      await server.dispose()
    },
  }
}

/** How far the page is wider than its window, in pixels. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}

/** How much of what is shown has moved by itself so far, as Chromium counts it (Layout Instability). */
export function movedIn(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0
        new PerformanceObserver((list: any) => {
          for (const entry of list.getEntries() as any[]) if (!entry.hadRecentInput) sum += entry.value
        }).observe({ type: 'layout-shift', buffered: true })
        setTimeout(() => resolve(sum), 300)
      }),
  )
}

/** What the page asks of others than `origin`, and what it complains of, from now on. */
export function watched(page: Page, origin: string): { foreign: string[]; faults: string[] } {
  page.removeAllListeners()
  const seen = { foreign: [] as string[], faults: [] as string[] }
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(origin) && !url.startsWith('data:')) seen.foreign.push(url)
  })
  page.on('console', (message) => message.type() === 'error' && seen.faults.push(message.text()))
  page.on('pageerror', (error) => seen.faults.push(error.message))
  return seen
}
