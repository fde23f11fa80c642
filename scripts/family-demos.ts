import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Demo } from '../src/approvals/approvals.demo.ts'

const src = join(import.meta.dirname, '../src')

/**
 * The demo data of the families that `src/families.ts` lists, in its order. The list is read, not imported: that would
 * load the whole service.
 */
export function familyDemos(): Promise<Demo[]> {
  const list = readFileSync(join(src, 'families.ts'), 'utf8')
  const files = [...list.matchAll(/ from '\.\/([^']+)\.family\.ts'/g)].map(([, file]) => `${file}.demo.ts`)
  return Promise.all(files.map(async (file) => ((await import(join(src, file))) as { demo: Demo }).demo))
}
