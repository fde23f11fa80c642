import { z } from '@hono/zod-openapi'
import type { Hook } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { cutLists } from '../cut-lists.ts'
import { faultMessage } from '../fault-messages.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import type { AppContext, AppEnv } from './environment.ts'

const bodyLimit = 1024 * 1024

/** From which length on a body may hold lists that are worth cutting, in characters. */
const long = 8 * 1024

/**
 * Reads the body before it is validated: at most 1 MiB, declared as JSON, and JSON of whole characters. Where it may be
 * left out, an empty one counts as `{}`, however it comes: none, `Content-Length: 0`, or a stream that ends at once.
 */
export function jsonBody(required: boolean, schema: z.ZodType) {
  return createMiddleware<AppEnv>(async function jsonBody(c, next) {
    const text = await readText(c)
    const isLeftOut = text === '' && !required
    c.req.bodyCache.text = Promise.resolve(isLeftOut ? '{}' : text) as never
    if (isLeftOut) {
      declareJson(c)
      return next()
    }
    const type = c.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase()
    if (text !== '' && type !== 'application/json') {
      throw new Refusal(
        'unsupported_media_type',
        `The body is declared as ${type ?? 'nothing'}; send Content-Type: application/json.`,
      )
    }
    if (c.req.header('Content-Type') !== 'application/json') declareJson(c)
    let body: unknown
    try {
      body = JSON.parse(text)
    } catch (error) {
      throw new Refusal(
        'invalid_json',
        text === '' ? 'The body is empty; this needs a JSON body.' : `${(error as Error).message}.`,
      )
    }
    const half = halfCharacter(text)
    if (half !== undefined) {
      const message = `has ${half}, which is half of a surrogate pair: send whole characters (RFC 7493)`
      throw invalidInput([{ in: 'body', pointer: '', message, type: 'value_error' }])
    }
    const kept = text.length > long ? cutLists(schema, body) : body
    // What was cut is refused by its schema, so nobody takes this for what was sent.
    if (kept !== body) c.req.bodyCache.text = Promise.resolve(JSON.stringify(kept)) as never
    await next()
  })
}

/**
 * What comes behind is stricter about blanks and parameters of the media type than RFC 9110 is. It also wants one for a
 * body that was left out: over a connection a POST has a stream in any case, be it an empty one.
 */
function declareJson(c: AppContext): void {
  const headers = new Headers(c.req.raw.headers)
  headers.set('Content-Type', 'application/json')
  c.req.raw = new Request(c.req.url, { method: c.req.method, headers })
}

/** An escape that is half of a surrogate pair: no character, so nothing that could be stored and handed back. */
function halfCharacter(json: string): string | undefined {
  const escapes = /\\ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|(\\ud[89a-f][\da-f]{2})|\\./gis
  for (const [, half] of json.matchAll(escapes)) if (half !== undefined) return half
  return undefined
}

async function readText(c: AppContext): Promise<string> {
  const tooLarge = new Refusal('body_too_large', `The body is over ${bodyLimit} bytes.`)
  const length = c.req.header('Content-Length')
  if (Number(length ?? 0) > bodyLimit) throw tooLarge
  const isBounded = length !== undefined && !c.req.header('Transfer-Encoding')
  const bytes = isBounded ? await c.req.raw.arrayBuffer() : await readStream(c.req.raw.body, tooLarge)
  if (bytes.byteLength > bodyLimit) throw tooLarge
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    throw new Refusal('invalid_json', 'The body is not UTF-8.')
  }
}

/** Reads what comes without saying how long it is, and stops where it is too long. */
async function readStream(body: ReadableStream<Uint8Array> | null, tooLarge: Refusal): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    if (size > bodyLimit) throw tooLarge
    chunks.push(chunk)
  }
  return new Blob(chunks).arrayBuffer()
}

/** On the first part of a request that is not valid, looks at all of them, so that the answer lists every fault. */
export const onInvalid: Hook<unknown, AppEnv, string, unknown> = async (result, c) => {
  if (result.success) return
  const schemas = (c as AppContext).get('endpoint')?.request
  const faults = [
    ...(await faultsOf('path', schemas?.params, c.req.param())),
    ...(await faultsOf('query', schemas?.query, queryOf(c as AppContext))),
    ...(await faultsOf('header', schemas?.headers, c.req.header())),
    ...(schemas?.body
      ? await faultsOf('body', schemas.body.content['application/json'].schema, await c.req.json())
      : []),
  ]
  throw invalidInput(faults)
}

/** A parameter that is given twice is an array, which no schema of ours takes. */
function queryOf(c: AppContext) {
  return Object.fromEntries(
    Object.entries(c.req.queries()).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  )
}

async function faultsOf(part: Fault['in'], schema: z.ZodType | undefined, value: unknown): Promise<Fault[]> {
  const result = await schema?.safeParseAsync(value, { error: faultMessage, reportInput: true })
  if (!result || result.success) return []
  return result.error.issues.flatMap((issue): Fault[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        in: part,
        pointer: pointer([...issue.path, key]),
        message: unknownName(part, schema),
        type: 'extra_forbidden',
      }))
    }
    const isTwice = part === 'query' && Array.isArray(issue.input)
    const message = isTwice ? 'is given more than once' : issue.message
    return [{ in: part, pointer: pointer(issue.path), message, type: typeOf(issue) }]
  })
}

function unknownName(part: Fault['in'], schema: z.ZodType | undefined): string {
  if (part !== 'query') return 'is not a member of this; check its spelling or leave it out'
  const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  if (names.length === 0) return 'is not a parameter of this, which takes none'
  return `is not a parameter of this; there are ${names.join(', ')}`
}

/** As Pydantic names its errors, which the callers of some endpoints know. */
function typeOf(issue: z.core.$ZodIssue): string {
  if (issue.input === undefined && issue.code !== 'custom') return 'missing'
  switch (issue.code) {
    case 'invalid_type':
      return `${issue.expected}_type`
    case 'too_big':
      return issue.origin === 'string' ? 'string_too_long' : issue.origin === 'array' ? 'too_long' : 'less_than_equal'
    case 'too_small':
      return issue.origin === 'string'
        ? 'string_too_short'
        : issue.origin === 'array'
          ? 'too_short'
          : 'greater_than_equal'
    case 'invalid_format':
      return issue.format === 'regex' ? 'string_pattern_mismatch' : `${issue.format}_parsing`
    case 'invalid_value':
      return 'literal_error'
    default:
      return 'value_error'
  }
}

/** RFC 6901. */
function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
