import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { root } from './service.ts'

/** Where and with what something was measured. */
export interface Machine {
  at: string
  cpu: string
  cores: number
  memoryGiB: number
  /** How many processes wanted to run in the minute before (Linux, `uptime`): what else it was busy with. */
  load: number
  kernel: string
  node: string
  workerd: string
  miniflare: string
  commit: string
}

export function machine(): Machine {
  const version = (name: string) => {
    const text = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')
    return (JSON.parse(text) as { version: string }).version
  }
  return {
    at: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: Math.round(loadavg()[0]! * 10) / 10,
    kernel: release(),
    node: process.version,
    workerd: version('workerd'),
    miniflare: version('miniflare'),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
  }
}
