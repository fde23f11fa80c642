import { readBuilt } from '../built.ts'
import type { OpenApiDocument } from './load-document.ts'

/** The OpenAPI document as it was made when the Worker was built (scripts/describe-api.ts). */
export function loadDocument(env: Env): Promise<OpenApiDocument> {
  return readBuilt(env, 'openapi.json')
}
