import type { RE2JS } from 're2js'
import type { Effort } from './effort.ts'

/** How large a pattern may be once it is compiled: `(a{1,99}){1,99}` is short to write and large to run. */
const largest = 2_000

/**
 * How much the engine may cache of the texts that it has met, in bytes per pattern, by its own count. Its default is 8
 * MiB.
 */
const remembered = 32 * 1024

/**
 * A pattern, compiled for RE2 (https://github.com/google/re2/wiki/Syntax): it runs in time linear in the text, whatever
 * the pattern. There are no backreferences and no lookaround.
 *
 * @throws Error that says what is wrong with it
 */
export async function compilePattern(pattern: string): Promise<RE2JS> {
  // Most isolates never see a pattern.
  const { RE2JS } = await import('re2js')
  const compiled = RE2JS.compile(pattern)
  if (compiled.programSize() > largest) throw new Error('is too large; repeat less within repetitions')
  const { dfa } = compiled.re2Input
  dfa.stateBudget = remembered
  dfa.memBudget = remembered
  return compiled
}

/** What is wrong with a pattern, or null. */
export async function patternFault(pattern: string): Promise<string | null> {
  try {
    await compilePattern(pattern)
    return null
  } catch (error) {
    const message = (error as Error).message.replace(/^error parsing regexp: /, '')
    return message.startsWith('is ') ? message : `is not an RE2 pattern: ${message.slice(0, 200)}`
  }
}

/** Whether the pattern occurs in the text; null if finding out would take too much work. */
export function occursIn(pattern: RE2JS, text: string, effort: Effort): boolean | null {
  return effort.takes(pattern.programSize() * (text.length + 1)) ? pattern.test(text) : null
}

/** The most memory that a pattern takes, in bytes, whatever texts it has met. */
export function weightOfPattern(pattern: RE2JS): number {
  return 2 * remembered + 300 * pattern.programSize()
}
