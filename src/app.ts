import { OpenAPIHono } from '@hono/zod-openapi'
import { pokeWatch } from './any-approval/poke-watch.ts'
import { decisionRoutes } from './any-approval/decision.routes.ts'
import { anyApprovalRoutes } from './any-approval/any-approval.routes.ts'
import { explainRoutes } from './any-approval/explain.routes.ts'
import { groupRoutes } from './access/groups.routes.ts'
import { keyRoutes } from './access/keys.routes.ts'
import { peopleRoutes } from './access/people.routes.ts'
import { deskRoutes } from './desk/desk.routes.tsx'
import { families } from './families.ts'
import { account } from './http/account.ts'
import { authentication } from './http/authentication.ts'
import { dashboardRoutes } from './dashboard/dashboard.routes.ts'
import { docsPages, documentRoutes } from './http/docs.routes.ts'
import { historyRoutes } from './history/history.routes.ts'
import { keySetRoutes, receiptRoutes } from './history/receipts.routes.ts'
import { healthRoutes } from './http/health.routes.ts'
import { crossOrigin, options, unanswered } from './http/methods.ts'
import { mcpRoutes } from './mcp/mcp.routes.ts'
import { onError } from './http/problem.ts'
import { policyRoutes } from './policies/policies.routes.ts'
import { whatIfRoutes } from './policies/what-if.routes.ts'
import { mount } from './http/mount.ts'
import { servedDocument } from './http/served-document.ts'
import { createMiddleware } from 'hono/factory'
import type { AppEnv } from './http/environment.ts'
import { announce } from './webhooks/announce.ts'
import { deliveryRoutes } from './webhooks/deliveries.routes.ts'
import { webhookRoutes } from './webhooks/webhooks.routes.ts'
import { outgoing } from './webhooks/deliveries.schemas.ts'

/**
 * After a write that went well, the senders of webhooks and those who wait for decisions are told, outside of the
 * caller's time.
 */
const announcing = createMiddleware<AppEnv>(async function announcing(c, next) {
  await next()
  if (c.req.method === 'GET' || c.req.method === 'HEAD' || c.res.status >= 400) return
  const { tenantId } = c.get('ctx').actor
  const told = [pokeWatch(c, tenantId), announce(c, tenantId)].filter((one) => one !== undefined)
  if (told.length > 0) c.executionCtx.waitUntil(Promise.all(told))
})

/** The whole HTTP face: what every request passes, and who answers it. */
export function createApp() {
  const app = new OpenAPIHono<AppEnv>({ strict: false })
  app.onError(onError)
  app.notFound(unanswered(app))
  app.use(account(), crossOrigin())
  app.options('*', options(app))
  const readDocument = servedDocument(() => app)
  for (const open of [healthRoutes, keySetRoutes, documentRoutes(readDocument)]) mount(app, open)
  app.route('/', docsPages(readDocument))
  for (const face of ['/api/*', '/v1/*', '/internal/*', '/mcp']) app.use(face, authentication(), announcing)
  const rooms = [
    ...families.flatMap(({ routes }) => [...routes]),
    webhookRoutes,
    deliveryRoutes,
    dashboardRoutes,
    anyApprovalRoutes,
    explainRoutes,
    decisionRoutes,
    receiptRoutes,
    historyRoutes,
    peopleRoutes,
    groupRoutes,
    keyRoutes,
    policyRoutes,
    whatIfRoutes,
  ]
  for (const room of rooms) mount(app, room)
  app.route('/', mcpRoutes)
  app.use('/a/*', announcing)
  app.route('/', deskRoutes)
  app.openAPIRegistry.registerWebhook(outgoing)
  return app
}
