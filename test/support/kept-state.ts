import { rmSync } from 'node:fs'
import { startServer } from './server.ts'

/**
 * Starts the server once with nothing, before the first file of a run, and keeps what it has made: to migrate and load
 * takes longer than the rest of a start. `startServer` begins with a copy.
 */
export async function setup(): Promise<() => void> {
  const server = await startServer({ LOG_REQUESTS: 'off' }, { isNew: true })
  await server.interrupt()
  process.env.KEPT_STATE = server.state
  return () => rmSync(server.state, { recursive: true })
}
