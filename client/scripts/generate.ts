// Makes src/generated/ from the OpenAPI document of the service beside this folder: the types of every operation, and
// what the client has to know of each while it runs. Nothing of it is written by hand, or kept in the repository.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import openapiTypes, { astToString } from 'openapi-typescript'
import { describeApi } from '../../scripts/describe-api.ts'

const folder = join(import.meta.dirname, '../src/generated')

interface Schema {
  $ref?: string
  type?: string | string[]
  properties?: Record<string, Schema>
}
interface Operation {
  operationId: string
  parameters?: { name: string; in: string }[]
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

mkdirSync(folder, { recursive: true })
const document = (await describeApi()).document as Document
const operations = operationsOf(document)
const api = JSON.stringify(withoutRefusals(document))
const mark = `// Made from ${createHash('sha256').update(operations).update(api).digest('hex')}\n`
const files = ['operations.ts', 'api.ts'].map((name) => join(folder, name))
if (!files.every((file) => existsSync(file) && readFileSync(file, 'utf8').startsWith(mark))) {
  writeFileSync(files[0]!, mark + operations)
  writeFileSync(files[1]!, mark + astToString(await openapiTypes(JSON.parse(api))))
}

/** Refusals are thrown, whatever the operation: their types are not needed with each. */
function withoutRefusals(document: Document): Document {
  for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
    const good = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
    operation.responses = Object.fromEntries(good)
  }
  return document
}

/**
 * Of each operation its method and path; behind them `+` where it takes an Idempotency-Key, the media type of its
 * answer where that is a stream, and the member of its answer that is a list, where it is read page by page (`[]`: the
 * answer itself).
 */
function operationsOf({ paths, components }: Document): string {
  const resolved = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : components.schemas[schema.$ref.split('/').at(-1)!]!
  const listOf = ({ responses }: Operation): string => {
    const schema = resolved(responses[200]?.content?.['application/json']?.schema ?? {})
    if (schema.type === 'array') return '[]'
    const lists = Object.entries(schema.properties ?? {}).filter(([, member]) => resolved(member).type === 'array')
    if (lists.length === 1) return lists[0]![0]
    throw new Error(`Which member of its answer is the list? ${lists.map(([name]) => name).join()}`)
  }
  const streamsOf = ({ responses }: Operation): string[] => {
    const types = Object.keys(responses[200]?.content ?? {})
    return types.includes('application/json') ? [] : types
  }
  const lines = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const takes = (name: string) => operation.parameters?.some((one) => one.name === name) ?? false
      const words = [method.toUpperCase(), path]
      if (takes('idempotency-key')) words.push('+')
      const [stream] = streamsOf(operation)
      if (stream !== undefined) words.push(stream)
      if (takes('cursor')) words.push(listOf(operation))
      return `  ${operation.operationId}: '${words.join(' ')}',`
    }),
  )
  return `export const operations = {\n${lines.sort().join('\n')}\n} as const\n`
}
