import { OpenAPIHono } from '@hono/zod-openapi'
import { tools, type Tool } from './tools.ts'

type Json = Record<string, unknown>

/** The JSON Schemas of what each tool takes and answers, by its name. */
export type ToolSchemas = Record<string, { input: Json; output: Json }>

let made: ToolSchemas | undefined

/**
 * The JSON Schemas of the tools, made from the schemas that validate as those of the OpenAPI document are. What is
 * bundled has `load-built-tool-schemas.ts` in the place of this file (scripts/bundle-worker.ts).
 */
export async function loadToolSchemas(_: Env): Promise<ToolSchemas> {
  return (made ??= toolSchemas())
}

export function toolSchemas(): ToolSchemas {
  const schemas = tools.map(({ name, input, output }) => [
    name,
    { input: jsonSchemaOf(input), output: jsonSchemaOf(output) },
  ])
  return Object.fromEntries(schemas)
}

function jsonSchemaOf(schema: Tool['output']): Json {
  const app = new OpenAPIHono()
  app.openAPIRegistry.register('Root', schema)
  const { components = {} } = app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } })
  const text = JSON.stringify(components.schemas).replaceAll('"#/components/schemas/', '"#/$defs/')
  const { Root, ...$defs } = JSON.parse(text) as Record<string, Json>
  return { ...Root, ...(Object.keys($defs).length > 0 && { $defs }) }
}
