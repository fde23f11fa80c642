import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What something was made of: the digest of each file by its path from the root. */
export type MadeOf = Record<string, string>

export function digest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

export function digestsOf(paths: readonly string[], root: string): MadeOf {
  return Object.fromEntries(paths.map((path) => [path, digest(readFileSync(join(root, path)))]))
}

/** Whether these files are what they were. */
export function areUnchanged(madeOf: MadeOf, root: string): boolean {
  try {
    return Object.entries(madeOf).every(([path, before]) => digest(readFileSync(join(root, path))) === before)
  } catch {
    return false
  }
}
