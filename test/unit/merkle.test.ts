import { describe, expect, test } from 'vitest'
import {
  consistencyPath,
  emptyRoot,
  inclusionPath,
  leafHash,
  nodeHash,
  rootOf,
  sha256,
} from '../../src/history/merkle.ts'
import { Tiles } from '../../src/history/tiles.ts'

/*
 * Merkle trees as RFC 9162 (and RFC 6962 before it) has them. The known answers are those of the test vectors of
 * Certificate Transparency, which each implementation of it is held against.
 */

const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

const bytes = (hex: string) => Uint8Array.fromHex(hex)
const leafOfBytes = (hex: string) => sha256(Uint8Array.of(0), bytes(hex))
const eight = new Tiles()
eight.append(0, inputs.map(leafOfBytes))

test('the hash of nothing, of a leaf and of a node are those of the RFC', () => {
  expect(emptyRoot().toHex()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(leafHash('').toHex()).toBe(roots[0])
  expect(nodeHash(leafOfBytes(''), leafOfBytes('00')).toHex()).toBe(roots[1])
})

test.each(roots.map((root, index) => [index + 1, root] as const))('the root of the first %i inputs', (size, root) => {
  expect(rootOf(eight, size).toHex()).toBe(root)
})

describe('known paths', () => {
  test.each([
    [0, 8, '96a296d2', '5f083f0a', '6b47aaf2'],
    [5, 8, 'bc1a0643', 'ca854ea1', 'd37ee418'],
    [2, 3, 'fac54203'],
    [1, 5, '6e340b9c', '5f083f0a', 'bc1a0643'],
  ])('from leaf %i to the root of %i', (index, size, ...path) => {
    expect(inclusionPath(eight, index, size).map((hash) => hash.toHex().slice(0, 8))).toEqual(path)
  })

  test.each([
    [1, 1],
    [1, 8, '96a296d2', '5f083f0a', '6b47aaf2'],
    [6, 8, '0ebc5d34', 'ca854ea1', 'd37ee418'],
    [2, 5, '5f083f0a', 'bc1a0643'],
  ])('from the tree of %i to that of %i', (first, second, ...path) => {
    expect(consistencyPath(eight, first, second).map((hash) => hash.toHex().slice(0, 8))).toEqual(path)
  })
})
