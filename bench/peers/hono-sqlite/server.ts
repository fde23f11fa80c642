// `DATABASE=claims.db node server.ts`: serves on a free port of this machine, which it prints.
import { serve } from '@hono/node-server'
import { createApp } from './app.ts'
import { openStore } from './store.ts'

const { fetch } = createApp(openStore(process.env.DATABASE!))
serve({ fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 0) }, ({ port }) =>
  console.log(`listens on http://127.0.0.1:${port}`),
)
