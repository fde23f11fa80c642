import { Validator } from '@cfworker/json-schema'

interface Operation {
  operationId: string
  tags: string[]
  security: unknown[]
  'x-roles'?: string[]
  'x-bound-keys'?: boolean
  parameters?: { in: string; name: string; required?: boolean; schema: any; example?: unknown }[]
  requestBody?: any
  responses: Record<string, { content?: Record<string, { schema: object }>; headers?: Record<string, object> }>
}

export interface OpenApi {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, any> }
}

export type PromisedOperation = Operation & { path: string; method: string; pattern: RegExp }

/** What an OpenAPI document promises, to hold answers against. */
export class Promises {
  readonly operations: readonly PromisedOperation[]
  /** The schemas as the document has them, with their examples. */
  readonly shown: Record<string, any>
  /** The document's components without their examples, in which the validator would look for schemas. */
  readonly components: OpenApi['components']
  private readonly validators = new Map<string, Validator>()

  constructor({ paths, components }: OpenApi) {
    this.operations = list(paths)
    this.shown = components.schemas
    this.components = JSON.parse(
      JSON.stringify(components, (name, value) => (name === 'example' ? undefined : value)),
    ) as OpenApi['components']
  }

  /** Throws unless the document promises this answer: its operation, its status, its media type, its shape. */
  hold(method: string, pathname: string, response: Pick<Response, 'ok' | 'status' | 'headers'>, body: unknown): void {
    const path = pathname.replace(/(?<=.)\/+$/, '')
    const candidates = this.operations.filter(
      (one) => one.method === (method === 'HEAD' ? 'GET' : method) && one.pattern.test(path),
    )
    const operation = candidates.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0]
    if (!operation) {
      const isPage = path === '/' || /^\/(docs|sign-in|sign-out|a|desk)\b/.test(path)
      if ([401, 404, 405, 429].includes(response.status) || method === 'OPTIONS' || isPage) return
      throw new Error(`${method} ${path} answered ${response.status}, but no operation promises it`)
    }
    const what = `${operation.operationId} answered ${response.status}`
    const declared = operation.responses[String(response.status)]
    if (!declared) throw new Error(`${what}, which the document does not promise: ${JSON.stringify(body)}`)
    if (response.ok) carriesPromisedHeaders(what, response.headers, Object.keys(declared.headers ?? {}))
    if (method === 'HEAD' || (!declared.content && body === '')) return
    const mediaType = response.headers.get('Content-Type')?.split(';')[0] ?? ''
    const schema = declared.content?.[mediaType]?.schema
    if (!schema)
      throw new Error(`${what} as ${mediaType}, which the document does not promise: ${JSON.stringify(body)}`)
    const { valid, errors } = this.validatorOf(schema).validate(body)
    if (!valid)
      throw new Error(
        `${what} in another shape than promised: ${JSON.stringify(errors.slice(-3))} ${JSON.stringify(body).slice(0, 2000)}`,
      )
  }

  /** Making one takes far longer than asking it; most operations answer a few schemas that others answer too. */
  private validatorOf(schema: object): Validator {
    const text = JSON.stringify(schema)
    const known = this.validators.get(text)
    if (known) return known
    const made = new Validator({ ...schema, components: this.components } as never, '2020-12', false)
    this.validators.set(text, made)
    return made
  }
}

function list(paths: OpenApi['paths']): PromisedOperation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
      ...operation,
    })),
  )
}

/** An ETag is there exactly where it is promised; a link to the next page, or a replay, only where they are. */
function carriesPromisedHeaders(what: string, headers: Headers, declared: string[]): void {
  if (headers.has('ETag') !== declared.includes('ETag')) throw new Error(`${what} with another ETag than promised`)
  for (const name of ['Link', 'Idempotency-Replayed']) {
    if (headers.has(name) && !declared.includes(name)) throw new Error(`${what} with a ${name}, which is not promised`)
  }
}
