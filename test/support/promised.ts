import { Validator } from '@cfworker/json-schema'
import { exports } from 'cloudflare:workers'

interface Operation {
  operationId: string
  tags: string[]
  security: unknown[]
  'x-roles'?: string[]
  'x-bound-keys'?: boolean
  parameters?: { in: string; name: string; required?: boolean; schema: any }[]
  requestBody?: any
  responses: Record<string, { content?: Record<string, { schema: object }>; headers?: Record<string, object> }>
}

export interface OpenApi {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, any> }
}

/* Read once for a file of tests: each answer is held against it. */
let document: Promise<OpenApi> | undefined
let components: OpenApi['components'] | undefined
let all: ReturnType<typeof list> | undefined
const validators = new Map<string, Validator>()

export function openApi(): Promise<OpenApi> {
  document ??= exports.default
    .fetch('https://countersign.test/openapi.json')
    .then((answer) => answer.json() as Promise<OpenApi>)
  return document
}

/** The document's components without their examples, in which the validator would look for schemas. */
export async function schemasAlone(): Promise<OpenApi['components']> {
  const { components: whole } = await openApi()
  components ??= JSON.parse(
    JSON.stringify(whole, (name, value) => (name === 'example' ? undefined : value)),
  ) as OpenApi['components']
  return components
}

/** Every operation of the document. */
export async function operations() {
  all ??= list(await openApi())
  return all
}

function list({ paths }: OpenApi) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
      ...operation,
    })),
  )
}

/** Making one takes far longer than asking it; most operations answer a few schemas that others answer too. */
async function validatorOf(schema: object): Promise<Validator> {
  const text = JSON.stringify(schema)
  const known = validators.get(text)
  if (known) return known
  const made = new Validator({ ...schema, components: await schemasAlone() } as never, '2020-12', false)
  validators.set(text, made)
  return made
}

/** Throws unless the OpenAPI document promises this answer: its operation, its status, its media type, its shape. */
export async function promised(method: string, pathname: string, response: Response, body: unknown): Promise<void> {
  const path = pathname.replace(/(?<=.)\/+$/, '')
  const candidates = (await operations()).filter(
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
  if (!schema) throw new Error(`${what} as ${mediaType}, which the document does not promise: ${JSON.stringify(body)}`)
  const { valid, errors } = (await validatorOf(schema)).validate(body)
  if (!valid)
    throw new Error(
      `${what} in another shape than promised: ${JSON.stringify(errors.slice(-3))} ${JSON.stringify(body).slice(0, 2000)}`,
    )
}

/** An ETag is there exactly where it is promised; a link to the next page, or a replay, only where they are. */
function carriesPromisedHeaders(what: string, headers: Headers, declared: string[]): void {
  if (headers.has('ETag') !== declared.includes('ETag')) throw new Error(`${what} with another ETag than promised`)
  for (const name of ['Link', 'Idempotency-Replayed']) {
    if (headers.has(name) && !declared.includes(name)) throw new Error(`${what} with a ${name}, which is not promised`)
  }
}
