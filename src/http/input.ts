import type { z } from '@hono/zod-openapi'
import { cutLists } from '../cut-lists.ts'
import { Refusal, type Fault } from '../refusal.ts'
import type { AppContext } from './environment.ts'
import { refusalWithEveryFault } from './faults.ts'

const bodyLimit = 1024 * 1024

/** Bodies shorter than this, in characters, hold no lists worth cutting. */
const long = 8 * 1024

/** The body of a request: its text, and what that says. */
export interface Body {
  text: string
  value: unknown
}

/**
 * Reads a body: at most 1 MiB, declared as JSON, and JSON of whole characters. Where it may be left out, an empty one
 * counts as `{}`, however it comes: none, `Content-Length: 0`, or a stream that ends at once.
 *
 * @throws Refusal `body_too_large`, `unsupported_media_type`, `invalid_json`, `invalid_input`
 */
export async function readJson(c: AppContext, required: boolean, schema: z.ZodType): Promise<Body> {
  const text = await readText(c)
  if (text === '' && !required) return { text: '{}', value: {} }
  const type = c.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase()
  if (text !== '' && type !== 'application/json') {
    throw new Refusal(
      'unsupported_media_type',
      `The body ${type ? `is declared as ${type}` : 'has no Content-Type'}; send Content-Type: application/json.`,
    )
  }
  const body = parsed(text, schema)
  const halves = halfCharacter(text)
  if (halves.length > 0) throw await refusalWithEveryFault(c, halves, body)
  return body
}

function parsed(text: string, schema: z.ZodType): Body {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const detail = text === '' ? 'The body is empty; send a JSON body.' : `${(error as Error).message}.`
    throw new Refusal('invalid_json', detail)
  }
  const kept = text.length > long ? cutLists(schema, value) : value
  // The schema refuses what was cut, so nobody takes this for what was sent.
  return kept === value ? { text, value } : { text: JSON.stringify(kept), value: kept }
}

/**
 * The fault of a JSON text with an escape that is half of a surrogate pair: not a character, so it cannot be stored and
 * handed back. None where it has none.
 */
export function halfCharacter(json: string): Fault[] {
  if (!json.includes('\\')) return []
  const escapes = /\\ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|(\\ud[89a-f][\da-f]{2})|\\./gis
  for (const [, half] of json.matchAll(escapes)) {
    if (half === undefined) continue
    const message = `has ${half}, which is half of a surrogate pair: send whole characters (RFC 7493)`
    return [{ in: 'body', pointer: '', message, type: 'value_error' }]
  }
  return []
}

/** Decoding whole texts, it keeps nothing from one to the next. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * The text of a body.
 *
 * @throws Refusal `body_too_large`, `unsupported_media_type` where it is encoded, `invalid_json` where it is not UTF-8
 */
export async function readText(c: AppContext): Promise<string> {
  const coding = c.req.header('Content-Encoding')?.trim().toLowerCase() ?? 'identity'
  if (coding !== 'identity') {
    throw new Refusal('unsupported_media_type', `The body is encoded as ${coding}; send it without a Content-Encoding.`)
  }
  const length = c.req.header('Content-Length')
  if (Number(length ?? 0) > bodyLimit) throw bodyTooLarge()
  const isBounded = length !== undefined && !c.req.header('Transfer-Encoding')
  const bytes = isBounded ? await c.req.raw.arrayBuffer() : await readStream(c.req.raw.body)
  if (bytes.byteLength > bodyLimit) throw bodyTooLarge()
  try {
    return utf8.decode(bytes)
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
