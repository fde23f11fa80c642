import { readFileSync } from 'node:fs'
import { descendants } from '../test/support/server.ts'

/** The kernel counts CPU in hundredths of a second (USER_HZ, which Linux has kept at 100 on each platform). */
const ticksPerSecond = 100

/**
 * How much CPU time these processes have had, in seconds, user and system together, with their children that have ended
 * (Linux: proc(5), `stat`).
 */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksOf(pid), 0) / ticksPerSecond
}

function ticksOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  } catch {
    // It has just ended, and is counted with its parent.
    return 0
  }
}

/** The processes of this name below one, this process unless it says otherwise. */
export function processesNamed(name: string, below = process.pid): number[] {
  return descendants(below).filter((pid) => pid !== process.pid && commOf(pid).startsWith(name))
}

function commOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8')
  } catch {
    return ''
  }
}
