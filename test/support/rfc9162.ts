import { nodeHash, sha256, type Hash } from '../../src/history/merkle.ts'

/* What a verifier does, step by step as RFC 9162 has it: another way than that by which the proofs are made. */

/** Verifies an inclusion proof (2.1.3.2). */
export function includes(proof: { index: number; size: number; root: string; leaf: string; path: string[] }): boolean {
  if (proof.index >= proof.size) return false
  let [fn, sn] = [proof.index, proof.size - 1]
  let r: Hash = sha256(Uint8Array.of(0), proof.leaf)
  for (const p of proof.path.map(bytesOf)) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)]
    } else {
      r = nodeHash(r, p)
    }
    ;[fn, sn] = [half(fn), half(sn)]
  }
  return sn === 0 && same(r, bytesOf(proof.root))
}

interface Head {
  size: number
  root: string
}

/** Verifies a consistency proof (2.1.4.2). */
export function continues({ from, to, path }: { from: Head; to: Head; path: string[] }): boolean {
  if (from.size === to.size) return path.length === 0 && from.root === to.root
  const hashes = path.map(bytesOf)
  if (Number.isInteger(Math.log2(from.size))) hashes.unshift(bytesOf(from.root))
  const [first, ...rest] = hashes
  if (!first) return false
  let [fn, sn] = [from.size - 1, to.size - 1]
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)]
  let fr: Hash = first
  let sr: Hash = first
  for (const c of rest) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      ;[fr, sr] = [nodeHash(c, fr), nodeHash(c, sr)]
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)]
    } else {
      sr = nodeHash(sr, c)
    }
    ;[fn, sn] = [half(fn), half(sn)]
  }
  return sn === 0 && same(fr, bytesOf(from.root)) && same(sr, bytesOf(to.root))
}

const half = (n: number) => Math.floor(n / 2)
const bytesOf = (text: string) => Uint8Array.fromBase64(text)
const same = (a: Hash, b: Hash) => a.toHex() === b.toHex()
