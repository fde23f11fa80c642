import { createApp } from '../../src/app.ts'
import { openApiDocument } from '../../src/http/openapi.ts'

/** The OpenAPI document as it is served, made in Node. */
export const document = JSON.parse(JSON.stringify(openApiDocument(createApp(), 'http://localhost:8787')))
