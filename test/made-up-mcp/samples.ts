import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server'

/* What the conformance tests want to see of each kind of content. */

/** A pixel, in base64. */
export const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** No sound, in base64. */
export const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA='

export const text = (text: string) => ({ type: 'text' as const, text })
export const image = { type: 'image' as const, data: png, mimeType: 'image/png' }
export const audio = { type: 'audio' as const, data: wav, mimeType: 'audio/wav' }
export const embedded = (uri: string, text: string, mimeType = 'text/plain') => ({
  type: 'resource' as const,
  resource: { uri, mimeType, text },
})

type Json = Record<string, unknown>

/** A schema that shows itself and lets everything pass: it is not what is tested. */
export function shownOnly<T extends Json>(json: Json): StandardSchemaWithJSON<T, T> {
  const jsonSchema = { input: () => json, output: () => json }
  return { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as T }), jsonSchema } }
}

/** What takes these texts. */
export function texts<K extends string>(...names: K[]): StandardSchemaWithJSON<Record<K, string>, Record<K, string>> {
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string', description: `The ${name}.` }]))
  return shownOnly({ type: 'object', properties, required: names })
}
