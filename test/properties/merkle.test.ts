import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  consistencyPath,
  emptyRoot,
  inclusionPath,
  leafHash,
  nodeHash,
  rootOf,
  type Hash,
} from '../../src/history/merkle.ts'
import { Tiles } from '../../src/history/tiles.ts'
import { continues, includes } from '../support/rfc9162.ts'
import { often } from '../support/scale.ts'

/* Trees in tiles, however they have grown, against the definitions of RFC 9162 and its ways to verify proofs. */

const most = 70_000
const leaves = Array.from({ length: most }, (_, index) => `leaf ${index}`)
const hashes = leaves.map(leafHash)
const whole = new Tiles()
whole.append(0, hashes)

/** MTH of RFC 9162, 2.1.1, as it is written there. */
function treeHash(of: readonly Hash[]): Hash {
  if (of.length === 0) return emptyRoot()
  if (of.length === 1) return of[0]!
  let k = 1
  while (k * 2 < of.length) k *= 2
  return nodeHash(treeHash(of.slice(0, k)), treeHash(of.slice(k)))
}

const inBase64 = (all: Hash[]) => all.map((hash) => hash.toBase64())
const sizes = fc.oneof(
  fc.integer({ min: 1, max: 1_100 }),
  fc.integer({ min: 65_500, max: 65_600 }),
  fc.integer({ min: 1, max: most }),
)

test('a tree that grows in steps is the tree of all its leaves, and only its last tiles change', () => {
  const steps = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(steps, (counts) => {
      const stored = new Map<string, string>()
      let size = 0
      for (const count of counts) {
        const edge = [...stored].map(([name, hashes]) => {
          const [level = 0, place = 0] = name.split('/').map(Number)
          return { level, place, hashes }
        })
        const isLast = ({ level, place }: { level: number; place: number }) => !stored.has(`${level}/${place + 1}`)
        const tiles = new Tiles(edge.filter(isLast))
        tiles.append(size, hashes.slice(size, size + count))
        size += count
        for (const { level, place, hashes } of tiles.changed) {
          const before = stored.get(`${level}/${place}`) ?? ''
          expect(Uint8Array.fromBase64(hashes).toHex().startsWith(Uint8Array.fromBase64(before).toHex())).toBe(true)
          stored.set(`${level}/${place}`, hashes)
        }
        expect(rootOf(tiles, size)).toEqual(treeHash(hashes.slice(0, size)))
      }
    }),
    { numRuns: often(40) },
  )
})

test('each leaf is proved to be in each tree that has it, and no other is', () => {
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (size, anywhere, elsewhere) => {
      const [index, other] = [anywhere % size, elsewhere % size]
      const root = rootOf(whole, size).toBase64()
      const proof = { index, size, root, leaf: leaves[index]!, path: inBase64(inclusionPath(whole, index, size)) }
      expect(includes(proof)).toBe(true)
      expect(includes({ ...proof, leaf: `${proof.leaf}!` })).toBe(false)
      if (other !== index) expect(includes({ ...proof, index: other })).toBe(false)
    }),
    { numRuns: often(600) },
  )
})

test('each tree is proved to go on in each later one, and no other is', () => {
  fc.assert(
    fc.property(sizes, sizes, (a, b) => {
      const [first, second] = [Math.min(a, b), Math.max(a, b)]
      const head = (size: number) => ({ size, root: rootOf(whole, size).toBase64() })
      const proof = { from: head(first), to: head(second), path: inBase64(consistencyPath(whole, first, second)) }
      expect(continues(proof)).toBe(true)
      if (first === second) return
      expect(continues({ ...proof, from: { size: first, root: leafHash('x').toBase64() } })).toBe(false)
      expect(continues({ ...proof, to: { size: second, root: leafHash('x').toBase64() } })).toBe(false)
    }),
    { numRuns: often(600) },
  )
})
