// What describe-api.ts bundles and runs: in Node, because what is aliased in the Worker is not aliased here.
import { createApp } from '../src/app.ts'
import { openApiDocument } from '../src/http/openapi.ts'
import { toolSchemas } from '../src/mcp/load-tool-schemas.ts'

export const document = openApiDocument(createApp(), 'https://countersign.example')
export const tools = toolSchemas()
