import type { OpenAPIHono } from '@hono/zod-openapi'
import { sha256 } from '../access/authenticate.ts'
import type { AppEnv } from './environment.ts'
import { openApiDocument } from './openapi.ts'

/** A document, as it is sent, and its entity tag. */
export interface Served {
  document: ReturnType<typeof openApiDocument>
  text: string
  tag: string
}

/** How many origins are remembered: a service has one or two, but callers can send any Host. */
const mostOrigins = 8

/** The OpenAPI document: made once, and serialised once for each origin that it is asked for from. */
export function servedDocument(documented: () => OpenAPIHono<AppEnv>): (origin: string) => Promise<Served> {
  let made: ReturnType<typeof openApiDocument> | undefined
  const served = new Map<string, Served>()
  return async (origin) => {
    const known = served.get(origin)
    if (known) return known
    made ??= openApiDocument(documented(), origin)
    const document = { ...made, servers: [{ url: origin }] }
    const text = JSON.stringify(document)
    const written = { document, text, tag: (await sha256(text)).slice(0, 32) }
    served.set(origin, written)
    const [oldest] = served.keys()
    if (served.size > mostOrigins && oldest !== undefined) served.delete(oldest)
    return written
  }
}
