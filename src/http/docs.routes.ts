import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { html } from 'hono/html'
import { secureHeaders } from 'hono/secure-headers'
import { refusals, type RefusalCode } from '../refusal.ts'
import type { AppEnv } from './environment.ts'
import { openApiDocument } from './openapi.ts'
import { createRouter } from './router.ts'

/** Nothing on these pages may come from, or go to, another host. */
const ownHostOnly = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
})

const openApiRoute = createRoute({
  method: 'get',
  path: '/openapi.json',
  operationId: 'getOpenApiDocument',
  tags: ['Service'],
  summary: 'This document',
  security: [],
  responses: {
    200: {
      description: 'OpenAPI 3.1.',
      content: { 'application/json': { schema: z.looseObject({ openapi: z.string() }) } },
    },
  },
})

/** The OpenAPI document, the page that renders it, and a page for each error code. All open. */
export function docsRoutes(documented: () => OpenAPIHono<AppEnv>) {
  const router = createRouter()
  router.use('/docs/*', ownHostOnly)
  router.openapi(openApiRoute, (c) => c.json(openApiDocument(documented(), new URL(c.req.url).origin), 200))
  router.get('/docs', (c) =>
    c.html(
      page(
        'Countersign API',
        html`<div id="reference"></div>
          <script src="/docs/assets/swagger-ui-bundle.js"></script>
          <script src="/docs/assets/reference.js"></script>`,
      ),
    ),
  )
  router.get('/docs/errors', (c) =>
    c.html(
      page(
        'Errors',
        html`<ul>
          ${Object.keys(refusals).map((code) => html`<li><a href="/docs/errors/${code}">${code}</a></li>`)}
        </ul>`,
      ),
    ),
  )
  router.get('/docs/errors/:code', (c) => {
    const code = c.req.param('code')
    if (!Object.hasOwn(refusals, code)) return c.notFound()
    const [status, title, remedy] = refusals[code as RefusalCode]
    return c.html(
      page(
        code,
        html`<p><code>${status} ${code}</code></p>
          <p>${title}.</p>
          <h2>What to do</h2>
          <p>${remedy}</p>
          <p><a href="/docs/errors">All errors</a> · <a href="/docs">API reference</a></p>`,
      ),
    )
  })
  return router
}

function page(title: string, body: ReturnType<typeof html>) {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/docs/assets/swagger-ui.css" />
        <link rel="stylesheet" href="/docs/assets/page.css" />
      </head>
      <body>
        ${
          title === 'Countersign API'
            ? body
            : html`<main class="page">
                <h1>${title}</h1>
                ${body}
              </main>`
        }
      </body>
    </html>`
}
