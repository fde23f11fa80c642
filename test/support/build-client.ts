import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Builds the client, as the examples and its package have it, before the first file of a run. */
export function setup(): void {
  const cwd = join(import.meta.dirname, '../../client')
  for (const script of ['generate', 'build']) {
    execFileSync(process.execPath, [`scripts/${script}.ts`], { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  }
}
