import { createRoute, z } from '@hono/zod-openapi'
import { html } from 'hono/html'
import { authentication } from './docs/authentication.page.ts'
import { concepts } from './docs/concepts.page.ts'
import { errorPage, errors, isRefusalCode } from './docs/errors.page.ts'
import { guideTo, type ProsePage } from './docs/guide.ts'
import { layout, prose } from './docs/layout.ts'
import { paging } from './docs/paging.page.ts'
import { quickStart } from './docs/quick-start.page.ts'
import { webhooks } from './docs/webhooks.page.ts'
import type { AppContext } from './environment.ts'
import { hasTag } from './preconditions.ts'
import { limitByAddress } from './rate.ts'
import { pageHeaders } from './page-headers.ts'
import { refusing } from './refusing.ts'
import { createPlainRouter, createRouter } from './router.ts'
import type { ReadDocument } from './served-document.ts'

const closed =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
/** Nothing on these pages runs, and nothing comes from or goes to another host. */
const proseHeaders = pageHeaders(closed)
/** The reference runs a script of its own, which calls this service. */
const referenceHeaders = pageHeaders(`${closed}; script-src 'self'; connect-src 'self'`)

const openApiRoute = createRoute({
  method: 'get',
  path: '/openapi.json',
  operationId: 'getOpenApiDocument',
  tags: ['Service'],
  summary: 'This document',
  description: 'Made from the schemas that validate requests; needs no key.',
  security: [],
  middleware: limitByAddress(),
  responses: {
    200: {
      description: 'OpenAPI 3.1.',
      headers: { ETag: { description: 'Changes with the document.', schema: { type: 'string' } } },
      content: {
        'application/json': { schema: z.looseObject({ openapi: z.string().openapi({ example: '3.1.0' }) }) },
      },
    },
    304: { description: 'It still has the ETag that If-None-Match names.' },
  },
  ...refusing(['rate_limited']),
})

/** The pages of prose, in reading order. */
const pages = [quickStart, concepts, authentication, paging, errors, webhooks]

/** The OpenAPI document. Open. */
export function documentRoutes(readDocument: ReadDocument) {
  return createRouter().openapi(openApiRoute, async (c) => {
    const { text, tag } = await readDocument(c.env, new URL(c.req.url).origin)
    const headers = { ETag: `"${tag}"`, 'Cache-Control': 'no-cache' }
    if (hasTag(c, tag)) return c.body(null, 304, headers)
    return c.body(text, 200, { ...headers, 'Content-Type': 'application/json' }) as never
  })
}

/** The page that renders it, and the pages of prose beside it. All open. */
export function docsPages(readDocument: ReadDocument) {
  const router = createPlainRouter()
  router.get('/docs', referenceHeaders, (c) =>
    c.html(layout(pages, { slug: '', title: 'API reference', body: reference })),
  )
  for (const page of pages)
    router.get(`/docs/${page.slug}`, proseHeaders, async (c) => c.html(await show(c, page.slug, page)))
  router.get('/docs/errors/:code', proseHeaders, async (c) => {
    const code = c.req.param('code')
    return isRefusalCode(code) ? c.html(await show(c, 'errors', errorPage(code))) : c.notFound()
  })
  return router

  async function show(c: AppContext, slug: string, { title, lead, body }: Omit<ProsePage, 'slug'>) {
    const { origin } = new URL(c.req.url)
    const { document } = await readDocument(c.env, origin)
    const guide = guideTo(document, origin)
    return layout(pages, { slug, title, body: prose(title, lead, body(guide)) })
  }
}

const reference = html`<main id="content"><div id="reference"></div></main>
  <script src="/docs/assets/swagger-ui-bundle.js"></script>
  <script src="/docs/assets/reference.js"></script>`
