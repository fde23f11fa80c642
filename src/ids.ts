import { fromUUIDBytes } from 'typeid-js'
import { uuidv7obj } from 'uuidv7'

/**
 * A new TypeID (https://github.com/jetify-com/typeid): the prefix, then a UUIDv7 in base32. Sorts by the time it was
 * made, also within a millisecond; 74 of its bits cannot be guessed.
 */
export function newId<P extends string>(prefix: P): `${P}_${string}` {
  return fromUUIDBytes(prefix, uuidv7obj().bytes) as `${P}_${string}`
}

/** As many new ids as asked for, in ascending order. */
export function newIds(prefix: string, count: number): string[] {
  return Array.from({ length: count }, () => newId(prefix))
}
