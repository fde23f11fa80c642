import { createHash } from 'node:crypto'

/** Choices that the same seed makes again. */
export interface Random {
  /** 0 ≤ x < 1. */
  (): number
  /** 0 ≤ n < `below`. */
  below(below: number): number
  chance(of: number): boolean
  /** One of them; there has to be one. */
  pick<T>(from: readonly T[]): T
  /** A short word of its own, as good as unique. */
  word(): string
}

/** @param seed whatever names this sequence: a run and a connection of it */
export function randomOf(seed: string): Random {
  let state = createHash('sha256').update(seed).digest().readUInt32LE()
  /** Mulberry32: 32 bits of state, enough for choices. */
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number) => Math.floor(next() * count)
  return Object.assign(next, {
    below,
    chance: (of: number) => next() < of,
    pick: <T>(from: readonly T[]) => from[below(from.length)]!,
    word: () => below(2 ** 31).toString(36) + below(2 ** 31).toString(36),
  })
}
