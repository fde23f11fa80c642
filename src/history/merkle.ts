import { nodeCrypto } from '../node-crypto.ts'

/** The hash of a subtree: SHA-256, 32 bytes. */
export type Hash = Uint8Array

/** The hash of a tree without leaves (RFC 9162, 2.1.1). */
export const emptyRoot = (): Hash => sha256()

/** The hash of a leaf (RFC 9162, 2.1.1). */
export function leafHash(leaf: string): Hash {
  return sha256(Uint8Array.of(0), leaf)
}

/** The hash of two subtrees together. */
export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256(Uint8Array.of(1), left, right)
}

/** The SHA-256 of some parts, one after the other; text as UTF-8. */
export function sha256(...parts: (string | Uint8Array)[]): Hash {
  const hash = nodeCrypto().createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

/** A tree whose complete subtrees are known. */
export interface Subtrees {
  /** The hash of the 2^`height` leaves of which the first is number `place` × 2^`height`. */
  hashOf(height: number, place: number): Hash
}

/** The hash of a tree of the first `size` leaves. */
export function rootOf(tree: Subtrees, size: number): Hash {
  return size === 0 ? emptyRoot() : hashOfRange(tree, 0, size)
}

/** The path from a leaf to the root (RFC 9162, 2.1.3.1), from below. */
export function inclusionPath(tree: Subtrees, index: number, size: number): Hash[] {
  const path: Hash[] = []
  for (let from = 0, to = size; to - from > 1;) {
    const middle = from + split(to - from)
    const isLeft = index < middle
    path.push(isLeft ? hashOfRange(tree, middle, to) : hashOfRange(tree, from, middle))
    if (isLeft) to = middle
    else from = middle
  }
  return path.toReversed()
}

/** What shows that the tree of the first `first` leaves is the beginning of that of `second` (RFC 9162, 2.1.4.1). */
export function consistencyPath(tree: Subtrees, first: number, second: number): Hash[] {
  const path: Hash[] = []
  let [from, to, isWhole] = [0, second, true]
  while (first < to) {
    const middle = from + split(to - from)
    if (first <= middle) {
      path.push(hashOfRange(tree, middle, to))
      to = middle
    } else {
      path.push(hashOfRange(tree, from, middle))
      from = middle
      isWhole = false
    }
  }
  if (!isWhole) path.push(hashOfRange(tree, from, to))
  return path.toReversed()
}

/** The hash of the leaves from `from` to before `to`, where RFC 9162 has a subtree of them. */
function hashOfRange(tree: Subtrees, from: number, to: number): Hash {
  const count = to - from
  const middle = split(count)
  if (count === 1 || middle * 2 === count) return tree.hashOf(Math.log2(count), from / count)
  return nodeHash(hashOfRange(tree, from, from + middle), hashOfRange(tree, from + middle, to))
}

/** The largest power of two below `count`. */
function split(count: number): number {
  return 2 ** Math.ceil(Math.log2(count) - 1)
}
