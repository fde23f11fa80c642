import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const left: (() => void)[] = []

/** Has something done, at once, when this process ends, however it does but by SIGKILL; what came last is first. */
export function atExit(leave: () => void): void {
  left.push(leave)
}

/** A folder that goes when this process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  atExit(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

process.on('exit', () => {
  for (const leave of left.toReversed()) leave()
})
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const)
  process.once(signal, () => process.exit(128 + number))
