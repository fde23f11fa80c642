import { createRoute, z } from '@hono/zod-openapi'
import { sql } from '../db/sql.ts'
import { directory } from '../context.ts'
import { isNotMigrated } from '../db/failures.ts'
import { latestMigration } from '../db/latest-migration.ts'
import { openDb } from '../db/open-db.ts'
import { limitByAddress } from './rate.ts'
import { refusing } from './refusing.ts'
import { createRouter } from './router.ts'

const healthSchema = z
  .object({ status: z.enum(['ok', 'unavailable']), database: z.enum(['ok', 'not_migrated', 'unavailable']) })
  .openapi('Health', { example: { status: 'ok', database: 'ok' } })
const content = { 'application/json': { schema: healthSchema } }

const health = createRoute({
  method: 'get',
  path: '/healthz',
  operationId: 'getHealth',
  tags: ['Service'],
  summary: 'Whether the service and its database are ready',
  description: 'For load balancers and uptime checks; needs no key.',
  security: [],
  middleware: limitByAddress(),
  responses: {
    200: { description: 'Both are ready.', content },
    503: {
      description: 'The database does not answer, or has not had the migrations that this version needs.',
      content: {
        'application/json': { schema: healthSchema, example: { status: 'unavailable', database: 'unavailable' } },
      },
    },
  },
  ...refusing(['rate_limited']),
})

/** For load balancers and uptime checks; open. */
export const healthRoutes = createRouter().openapi(health, async (c) => {
  try {
    const db = openDb(directory(c.env), 'first-unconstrained', c.get('cost'))
    const [applied] = await db.run(db.all(sql`SELECT 1 FROM d1_migrations WHERE name = ${latestMigration}`))
    if (applied) return c.json({ status: 'ok' as const, database: 'ok' as const }, 200)
  } catch (error) {
    if (!isNotMigrated(error)) {
      console.error({ message: 'the database does not answer', error: String(error) })
      return c.json({ status: 'unavailable' as const, database: 'unavailable' as const }, 503)
    }
  }
  console.error({ message: `the database has not had ${latestMigration} yet: apply the migrations` })
  return c.json({ status: 'unavailable' as const, database: 'not_migrated' as const }, 503)
})
