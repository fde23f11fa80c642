import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../support/server.ts'
import type { Random } from './random.ts'

/** How often which was killed. */
export interface Kills {
  server: number
  workerd: number
}

/**
 * Kills (SIGKILL) the whole server or workerd alone each few seconds, until `until`, and has it run in the end.
 *
 * @param until milliseconds since the epoch
 */
export async function killUntil(server: Server, random: Random, until: number): Promise<Kills> {
  const kills: Kills = { server: 0, workerd: 0 }
  for (;;) {
    const pause = 2_000 + random.below(5_000)
    if (Date.now() + pause >= until) break
    await sleep(pause)
    if (random.chance(0.4)) {
      await server.kill()
      kills.server += 1
      await server.restart()
    } else {
      await server.killRuntime()
      kills.workerd += 1
      await upAgain(server.origin)
    }
  }
  await sleep(Math.max(0, until - Date.now()))
  return kills
}

/** Waits until it answers: whoever runs it starts workerd again. */
export async function upAgain(origin: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(50)) {
    const ok = await fetch(`${origin}/healthz`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ok) return
  }
  throw new Error('The server does not come back.')
}
