import { readFileSync } from 'node:fs'
import { descendants } from '../test/support/server.ts'

/** The kernel counts CPU in hundredths of a second (USER_HZ, which Linux has kept at 100 on each platform). */
const ticksPerSecond = 100

/** How much CPU time these processes have had, in seconds, user and system together (Linux: proc(5), `stat`). */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return Number(fields[11]) + Number(fields[12])
  })
  return ticks.reduce((sum, one) => sum + one, 0) / ticksPerSecond
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
