import { nodeHash, type Hash, type Subtrees } from './merkle.ts'

/** How many hashes a tile has, but for the last of a level. */
export const perTile = 256

const perTileBits = 8
const hashBytes = 32

/** The levels that a tree may have: of 256^7 leaves, which no number here can count. */
export const levels = [0, 1, 2, 3, 4, 5, 6] as const

/** A tile, as it is stored: `hashes` is base64. */
export interface Tile {
  level: number
  place: number
  hashes: string
}

/** Part of a tree, in tiles (C2SP tlog-tiles). */
export class Tiles implements Subtrees {
  private readonly tiles = new Map<string, Hash[]>()
  private readonly grown = new Set<string>()

  constructor(tiles: readonly Tile[] = []) {
    for (const { level, place, hashes } of tiles) this.tiles.set(`${level}/${place}`, readHashes(hashes))
  }

  /** @throws Error where the tile that has it is not there */
  hashOf(height: number, place: number): Hash {
    const level = Math.floor(height / perTileBits)
    const count = 2 ** (height % perTileBits)
    const first = place * count
    const hashes = this.tiles.get(`${level}/${Math.floor(first / perTile)}`)?.slice(first % perTile)
    if (!hashes || hashes.length < count) throw new Error(`the tree lacks the hash ${place} of height ${height}`)
    return joined(hashes.slice(0, count))
  }

  /** Appends leaves to a tree of `size`, of which the last tile of each level is here. */
  append(size: number, leaves: readonly Hash[]): void {
    for (const [index, leaf] of leaves.entries()) this.push(0, size + index, leaf)
  }

  private push(level: number, at: number, hash: Hash): void {
    const place = Math.floor(at / perTile)
    const name = `${level}/${place}`
    const tile = this.tiles.get(name) ?? []
    if (tile.length !== at % perTile) throw new Error(`the tile ${name} has ${tile.length} hashes, not ${at % perTile}`)
    tile.push(hash)
    this.tiles.set(name, tile)
    this.grown.add(name)
    if (tile.length === perTile) this.push(level + 1, place, joined(tile))
  }

  /** The tiles that have changed since they were read. */
  get changed(): Tile[] {
    return [...this.grown].map((name) => {
      const [level = 0, place = 0] = name.split('/').map(Number)
      return { level, place, hashes: writeHashes(this.tiles.get(name) ?? []) }
    })
  }
}

/** The hash of a complete subtree, by those of its parts. */
function joined(hashes: readonly Hash[]): Hash {
  let row = hashes
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, at) => nodeHash(row[2 * at]!, row[2 * at + 1]!))
  }
  return row[0]!
}

/** The hashes of a tile. */
export function readHashes(text: string): Hash[] {
  const bytes = Uint8Array.fromBase64(text)
  return Array.from({ length: bytes.length / hashBytes }, (_, at) =>
    bytes.subarray(at * hashBytes, (at + 1) * hashBytes),
  )
}

function writeHashes(hashes: readonly Hash[]): string {
  const bytes = new Uint8Array(hashes.length * hashBytes)
  for (const [at, hash] of hashes.entries()) bytes.set(hash, at * hashBytes)
  return bytes.toBase64()
}
