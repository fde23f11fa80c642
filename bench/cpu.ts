import { readdirSync, readFileSync } from 'node:fs'
import { descendants } from '../test/support/server.ts'

/** The kernel counts the CPU of a process that has ended in hundredths of a second (USER_HZ, on each platform 100). */
const nanosPerTick = 1e7

/**
 * How much CPU time these processes have had, in seconds, user and system together, with their children that have ended
 * (Linux: `schedstat` of each thread, which counts nanoseconds, and of proc(5) `stat`).
 */
export function cpuSeconds(pids: readonly number[]): number {
  return sum(pids.map(nanosOf)) / 1e9
}

function nanosOf(pid: number): number {
  const ended = fieldsOf(`/proc/${pid}/stat`).slice(13, 15)
  const own = threadsOf(pid).map((thread) => fieldsOf(`/proc/${pid}/task/${thread}/schedstat`)[0] ?? 0)
  return sum(own) + sum(ended) * nanosPerTick
}

/** None of a process that has just ended, which is counted with its parent. */
function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** The numbers of such a file, in `stat` those behind the name of the process; none of what has just ended. */
function fieldsOf(path: string): number[] {
  try {
    return readFileSync(path, 'utf8').split(') ').at(-1)!.split(' ').map(Number)
  } catch {
    return []
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((so, one) => so + one, 0)

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
