import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, 'results')
const fileOf = (name: string) => join(folder, `${name}.json`)

/** Keeps what a run has measured, in place of what the one before had. */
export function save(name: string, results: object): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(fileOf(name), `${JSON.stringify(results, null, 1)}\n`)
}

/** What the last run has measured. */
export function load<T>(name: string): T {
  return JSON.parse(readFileSync(fileOf(name), 'utf8')) as T
}

/** The same, where there was one. */
export function loadIfAny<T>(name: string): T | undefined {
  return existsSync(fileOf(name)) ? load<T>(name) : undefined
}
