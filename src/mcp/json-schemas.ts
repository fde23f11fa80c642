import type { z } from '@hono/zod-openapi'
import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server'
import { createRouter } from '../http/router.ts'

type Json = Record<string, unknown>

/** Made once: the JSON Schemas say what the schemas that validate say, as in the OpenAPI document. */
const made = new WeakMap<z.ZodType, Json>()

/** A schema as the SDK wants it: what validates, and its JSON Schema. */
export function asStandardSchema(schema: z.ZodType): StandardSchemaWithJSON {
  const json = () => {
    const known = made.get(schema) ?? jsonSchemaOf(schema)
    made.set(schema, known)
    return known
  }
  return { '~standard': { ...schema['~standard'], jsonSchema: { input: json, output: json } } } as never
}

function jsonSchemaOf(schema: z.ZodType): Json {
  const router = createRouter()
  router.openAPIRegistry.register('Root', schema)
  const { components = {} } = router.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } })
  const text = JSON.stringify(components.schemas).replaceAll('"#/components/schemas/', '"#/$defs/')
  const { Root, ...$defs } = JSON.parse(text) as Record<string, Json>
  return { ...Root, ...(Object.keys($defs).length > 0 && { $defs }) }
}
