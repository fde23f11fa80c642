import canonicalize from 'canonicalize'

/**
 * The canonical form of JSON (RFC 8785). Half of a surrogate pair, which it cannot have, nor UTF-8, as which text is
 * stored, becomes U+FFFD.
 */
export function canonicalJson(value: unknown): string {
  try {
    return JSON.stringify(inOrder(value))
  } catch (error) {
    if (error !== outOfOrder) throw error
    return canonicalize(JSON.parse(JSON.stringify(value), (_, one: unknown) => wellFormed(one))) as string
  }
}

/** A name that an object has before all others, or as no member: a copy cannot have it in its place. */
const outOfOrder = new Error('An object cannot have this member in its place.')

/** A copy that JSON.stringify writes in the canonical form, in half the time that each member by itself takes. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return wellFormed(value)
  if (Array.isArray(value)) return value.map(inOrder)
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(value).sort()) {
    if (/^\d|^__proto__$/.test(name)) throw outOfOrder
    copy[name] = inOrder((value as Record<string, unknown>)[name])
  }
  return copy
}

function wellFormed(value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value
}
