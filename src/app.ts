import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { families } from './families.ts'
import { account } from './http/account.ts'
import { authentication } from './http/authentication.ts'
import { dashboardRoutes } from './dashboard/dashboard.routes.ts'
import { docsRoutes } from './http/docs.routes.ts'
import { healthRoutes } from './http/health.routes.ts'
import { onError, problem } from './http/problem.ts'
import { createRouter } from './http/router.ts'
import { createMiddleware } from 'hono/factory'
import { systemContext } from './context.ts'
import type { AppEnv } from './http/environment.ts'
import { Refusal } from './refusal.ts'
import { announce } from './webhooks/announce.ts'
import { webhookRoutes } from './webhooks/webhooks.routes.ts'
import { outgoing } from './webhooks/webhooks.schemas.ts'

/** After a write that went well, the senders of webhooks are told, outside of the caller's time. */
const announcing = createMiddleware<AppEnv>(async function announcing(c, next) {
  await next()
  if (c.req.method === 'GET' || c.req.method === 'HEAD' || !c.res.ok) return
  const ctx = systemContext(c.env, 'system:webhooks', Date.now())
  c.executionCtx.waitUntil(announce(ctx, c.get('ctx').actor.tenantId))
})

/** The whole HTTP face: what every request passes, and who answers it. */
export function createApp() {
  const app = createRouter()
  app.onError(onError)
  app.notFound((c) => problem(c, new Refusal('not_found', `There is no ${c.req.method} ${c.req.path}.`)))
  app.use(requestId({ limitLength: 128 }), account(), secureHeaders())
  app.use(
    createMiddleware(async function noStore(c, next) {
      await next()
      if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store')
    }),
  )
  app.route('/', healthRoutes)
  app.route(
    '/',
    docsRoutes(() => app),
  )
  for (const face of ['/api/*', '/v1/*', '/internal/*']) app.use(face, authentication(), announcing)
  const rooms = [...families.flatMap(({ routes }) => [...routes]), webhookRoutes, dashboardRoutes]
  for (const routes of rooms) app.route('/', routes)
  app.openAPIRegistry.registerWebhook(outgoing)
  return app
}
