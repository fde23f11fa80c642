import { TypeID } from 'typeid-js'
import { uuidv7 } from 'uuidv7'

/** What an id's prefix says it is the id of. */
export type IdPrefix = 'approval' | 'bat' | 'clm' | 'dec' | 'evt' | 'int' | 'key' | 'lse' | 'out' | 'whe' | 'wrt'

/**
 * A new TypeID (https://github.com/jetify-com/typeid): the prefix, then a UUIDv7 in base32. Sorts by the time it was
 * made, also within a millisecond; 74 of its bits cannot be guessed.
 */
export function newId<P extends IdPrefix>(prefix: P): `${P}_${string}` {
  return TypeID.fromUUID(prefix, uuidv7()).toString() as `${P}_${string}`
}

/** As many new ids as asked for, in ascending order. */
export function newIds(prefix: IdPrefix, count: number): string[] {
  return Array.from({ length: count }, () => newId(prefix))
}
