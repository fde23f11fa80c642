/** Crockford's base32 (https://www.crockford.com/base32.html): no I, L, O or U, so that it can be read out loud. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** How many characters each further try takes: short ones while there are any left. */
const lengths = [4, 4, 5, 6, 8, 12]

/** How many references may turn out to be taken before something else must be wrong. */
export const mostTries = lengths.length

/** A new reference for the given try, from 0. Random, so that one customer cannot guess another's. */
export function newRef(attempt: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(lengths[attempt] ?? 12))
  return `APR-${Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('')}`
}

/** The reference that somebody means who has typed it in any case, and with letters that Crockford reads as digits. */
export function readRef(typed: string): string {
  const [, code = ''] = /^(?:APR-)?(.*)$/.exec(typed.trim().toUpperCase()) ?? []
  return `APR-${code.replaceAll('O', '0').replaceAll(/[IL]/g, '1')}`
}
