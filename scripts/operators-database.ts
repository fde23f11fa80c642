import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { localD1 } from './local-d1.ts'
import { ForeignState } from './migrate-local.ts'
import { wranglerD1 } from './wrangler-d1.ts'

/** The database that an operator's command works on: that of the deployment, or that of `npm start` (STATE_DIR). */
export async function openDatabase(isRemote = false): Promise<{ db: D1Database; close: () => Promise<void> }> {
  if (isRemote) return { db: wranglerD1(['--remote']), close: async () => {} }
  const state = resolve(process.env.STATE_DIR ?? join(import.meta.dirname, '../.state'))
  try {
    return await unlessLocked(() => localD1(state))
  } catch (error) {
    if (!(error instanceof ForeignState)) throw error
    console.error(`${error.message}\nDelete ${state} to begin anew.`)
    return process.exit(1)
  }
}

/** Tries again while a server that runs on the same state is writing; what has failed so has done nothing. */
export async function unlessLocked<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run()
    } catch (error) {
      if (tries === 40 || !String(error).includes('database is locked')) throw error
      await sleep(100)
    }
  }
}
