import type { z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { cutLists } from '../cut-lists.ts'
import { Refusal, type Fault } from '../refusal.ts'
import type { AppContext, AppEnv } from './environment.ts'
import { refusalWithEveryFault } from './faults.ts'

const bodyLimit = 1024 * 1024

/** Bodies shorter than this, in characters, hold no lists worth cutting. */
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
    const kept = text.length > long ? cutLists(schema, body) : body
    // The schema refuses what was cut, so nobody takes this for what was sent.
    if (kept !== body) c.req.bodyCache.text = Promise.resolve(JSON.stringify(kept)) as never
    const halves = halfCharacter(text)
    if (halves.length > 0) throw await refusalWithEveryFault(c, halves)
    await next()
  })
}

/**
 * The library is stricter about blanks and parameters of the media type than RFC 9110. It also wants one for a body
 * that was left out: over a connection every POST has a stream, if only an empty one.
 */
function declareJson(c: AppContext): void {
  const headers = new Headers(c.req.raw.headers)
  headers.set('Content-Type', 'application/json')
  c.req.raw = new Request(c.req.url, { method: c.req.method, headers })
}

/**
 * The fault of a JSON text with an escape that is half of a surrogate pair: not a character, so it cannot be stored and
 * handed back. None where it has none.
 */
export function halfCharacter(json: string): Fault[] {
  const escapes = /\\ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|(\\ud[89a-f][\da-f]{2})|\\./gis
  for (const [, half] of json.matchAll(escapes)) {
    if (half === undefined) continue
    const message = `has ${half}, which is half of a surrogate pair: send whole characters (RFC 7493)`
    return [{ in: 'body', pointer: '', message, type: 'value_error' }]
  }
  return []
}

/** The text of a body. @throws Refusal `body_too_large`, `invalid_json` where it is not UTF-8 */
export async function readText(c: AppContext): Promise<string> {
  const length = c.req.header('Content-Length')
  if (Number(length ?? 0) > bodyLimit) throw bodyTooLarge()
  const isBounded = length !== undefined && !c.req.header('Transfer-Encoding')
  const bytes = isBounded ? await c.req.raw.arrayBuffer() : await readStream(c.req.raw.body)
  if (bytes.byteLength > bodyLimit) throw bodyTooLarge()
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    throw new Refusal('invalid_json', 'The body is not UTF-8.')
  }
}

/** Made where it is thrown: what a body costs should not include a stack trace. */
function bodyTooLarge(): Refusal {
  return new Refusal('body_too_large', `The body is over ${bodyLimit} bytes.`)
}

/** Reads a body of unknown length, and stops once it is too long. */
async function readStream(body: ReadableStream<Uint8Array> | null): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    if (size > bodyLimit) throw bodyTooLarge()
    chunks.push(chunk)
  }
  return new Blob(chunks).arrayBuffer()
}
