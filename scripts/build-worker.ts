// Bundles the Worker for `wrangler deploy`, into dist/worker.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildWorker } from './bundle-worker.ts'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'dist/worker')

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
await buildWorker(root, folder)
// For `wrangler types`, which asks the module for its classes.
writeFileSync(
  join(folder, 'index.d.ts'),
  "export { default } from '../../src/index.ts'\nexport * from '../../src/index.ts'\n",
)
