import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { desktop, overflow, phone } from './chromium.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const looks = [
  { name: 'light, on a desktop', colorScheme: 'light', size: desktop },
  { name: 'dark, on a phone', colorScheme: 'dark', size: phone },
] as const

/** Has axe on whatever is shown there from now on. Colours that still change are no colours to judge. */
export async function inspectable(page: Page): Promise<Page> {
  await page.addInitScript(axe)
  await page.emulateMedia({ reducedMotion: 'reduce' })
  return page
}

/** What is wrong with what is there, by its look: what axe finds, and whether it is wider than its window. */
export async function faultsOf(page: Page, url: string): Promise<unknown[]> {
  await page.goto(url)
  return faultsShown(page)
}

/** The same of what the page shows now. Axe has to be on it already. */
export async function faultsShown(page: Page): Promise<unknown[]> {
  const faults: unknown[] = []
  for (const { name, colorScheme, size } of looks) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize(size)
    const { violations } = await page.evaluate(() => (globalThis as any).axe.run({ resultTypes: ['violations'] }))
    for (const { id, nodes } of violations) faults.push([name, id, nodes[0].html])
    const wider = await overflow(page)
    if (wider > 0) faults.push([name, `${wider} pixels too wide`])
  }
  return faults
}
