import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { developmentKey } from '../../../scripts/development-key.ts'
import { startLocalServer, type LocalServer } from '../../../scripts/local-server.ts'

const kept = globalThis as { countersign?: Promise<LocalServer> }

/** The local server of this run: started once, it serves every file and ends with the process. */
export function oneServer(): Promise<LocalServer> {
  kept.countersign ??= start()
  return kept.countersign
}

function start(): Promise<LocalServer> {
  const state = mkdtempSync(join(tmpdir(), 'countersign-socket-'))
  process.once('exit', () => rmSync(state, { recursive: true, force: true }))
  return startLocalServer({
    port: 0,
    state,
    vars: {
      PUBLIC_URL: 'https://approvals.example.com',
      RATE_LIMIT: 'off',
      LOG_REQUESTS: 'off',
      WEBHOOK_SECRET_KEY: Buffer.alloc(32, 'tests').toString('base64'),
      WEBHOOKS_ALLOW_LOOPBACK: 'on',
      HISTORY_SIGNING_KEY: developmentKey,
    },
    log: ({ message }) => console.log(message),
  })
}
