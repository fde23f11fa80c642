import type { OpenAPIHono } from '@hono/zod-openapi'
import type { AppEnv } from './environment.ts'
import { openApiDocument } from './openapi.ts'

export type OpenApiDocument = ReturnType<typeof openApiDocument>

/**
 * The OpenAPI document, made from the schemas that validate. What is bundled has `load-built-document.ts` in the place
 * of this file (scripts/bundle-worker.ts), and none of what makes the document.
 */
export async function loadDocument(_: Env, documented: () => OpenAPIHono<AppEnv>): Promise<OpenApiDocument> {
  return openApiDocument(documented(), 'https://countersign.example')
}
