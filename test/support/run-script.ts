import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const root = join(import.meta.dirname, '../..')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

/** What a command has printed, and how it ended. */
export interface Ended {
  status: number
  stdout: string
  stderr: string
}

/**
 * Runs a command of package.json as `npm run` does, without the time that npm itself takes. Not awaited in one go:
 * connections that the server closes meanwhile are seen.
 *
 * @param state the folder of the server that it works beside
 */
export async function runScript(state: string, name: string, ...args: string[]): Promise<Ended> {
  const child = spawn('sh', ['-c', `${scripts[name]} "$@"`, name, ...args], {
    cwd: root,
    env: {
      ...process.env,
      STATE_DIR: state,
      PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
      NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { status: status as number, stdout: stdout.trim(), stderr: stderr.trim() }
}
