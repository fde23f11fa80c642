/** The parts of an OpenAPI document that are looked at here. */
interface Schema {
  $ref?: string
  example?: unknown
  const?: unknown
  enum?: unknown[]
  type?: string | string[]
  items?: Schema
  properties?: Record<string, Schema>
}
interface Content {
  schema?: Schema
  example?: unknown
  examples?: unknown
}
interface Operation {
  requestBody?: { content: Record<string, Content> }
  responses: Record<string, { content?: Record<string, Content> }>
}
interface Described {
  paths?: object
  components?: object
}

/**
 * Gives each body, and each successful answer, one whole example: that of its schema, or one put together from those of
 * its members. It can be sent, or was answered, as it stands.
 */
export function showExamples(document: Described): void {
  const { schemas = {} } = (document.components ?? {}) as { schemas?: Record<string, Schema> }
  for (const methods of Object.values(document.paths ?? {})) {
    for (const { requestBody, responses } of Object.values(methods as Record<string, Operation>)) {
      const good = Object.entries(responses).flatMap(([status, { content }]) => (status.startsWith('2') ? content : []))
      for (const contents of [requestBody?.content, ...good]) {
        for (const content of Object.values(contents ?? {})) {
          if (content.example !== undefined || content.examples !== undefined) continue
          const example = exampleOf(content.schema ?? {}, schemas)
          if (example !== undefined) content.example = example
        }
      }
    }
  }
}

/** A schema's example; for an object, those of its members, for a list, one element. */
function exampleOf(schema: Schema, schemas: Record<string, Schema>): unknown {
  if (schema.$ref !== undefined) return exampleOf(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, schemas)
  if (schema.example !== undefined) return schema.example
  if (schema.const !== undefined) return schema.const
  if (schema.items) {
    const element = exampleOf(schema.items, schemas)
    return element === undefined ? undefined : [element]
  }
  if (!schema.properties) return undefined
  const members = Object.entries(schema.properties).map(([name, member]) => [name, exampleOf(member, schemas)] as const)
  return Object.fromEntries(members.filter(([, example]) => example !== undefined))
}
