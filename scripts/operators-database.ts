import { join, resolve } from 'node:path'
import { localD1 } from './local-d1.ts'
import { ForeignState } from './migrate-local.ts'
import { wranglerD1 } from './wrangler-d1.ts'

/** The database that an operator's command works on: that of the deployment, or that of `npm start` (STATE_DIR). */
export async function openDatabase(isRemote = false): Promise<{ db: D1Database; close: () => Promise<void> }> {
  if (isRemote) return { db: wranglerD1(['--remote']), close: async () => {} }
  const state = resolve(process.env.STATE_DIR ?? join(import.meta.dirname, '../.state'))
  try {
    return await localD1(state)
  } catch (error) {
    if (!(error instanceof ForeignState)) throw error
    console.error(`${error.message}\nDelete ${state} to start over.`)
    return process.exit(1)
  }
}
