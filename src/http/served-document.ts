import type { OpenAPIHono } from '@hono/zod-openapi'
import { sha256 } from '../sha256.ts'
import type { AppEnv } from './environment.ts'
import { loadDocument, type OpenApiDocument } from './load-document.ts'

/** A document, as it is sent, and its entity tag. */
export interface Served {
  document: OpenApiDocument
  text: string
  tag: string
}

/** Reads the document as it is served from an origin. */
export type ReadDocument = (env: Env, origin: string) => Promise<Served>

/** How many origins are remembered: a service has one or two, but callers can send any Host. */
const mostOrigins = 8

/** The OpenAPI document: loaded once, and serialised once for each origin that it is asked for from. */
export function servedDocument(documented: () => OpenAPIHono<AppEnv>): ReadDocument {
  let loading: Promise<OpenApiDocument> | undefined
  const served = new Map<string, Served>()
  return async (env, origin) => {
    const known = served.get(origin)
    if (known) return known
    loading ??= loadDocument(env, documented)
    const loaded = await loading.catch((error: unknown) => {
      loading = undefined
      throw error
    })
    const contact = { ...loaded.info.contact, url: new URL('/docs', origin).href }
    const document = { ...loaded, info: { ...loaded.info, contact }, servers: [{ url: origin }] }
    const text = JSON.stringify(document)
    const written = { document, text, tag: (await sha256(text)).slice(0, 32) }
    served.set(origin, written)
    const [oldest] = served.keys()
    if (served.size > mostOrigins && oldest !== undefined) served.delete(oldest)
    return written
  }
}
