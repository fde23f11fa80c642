// `PGHOST=… PGDATABASE=… node server.ts`: serves on a free port of this machine, which it prints.
import pg from 'pg'
import { createApp } from './app.ts'
import { openStore } from './store.ts'

const pool = new pg.Pool({ max: 10, idleTimeoutMillis: 0 })
const app = createApp(openStore(pool))
const address = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) })
console.log(`listens on ${address}`)
