import type { z } from 'zod'

type Issue = z.core.$ZodRawIssue

/** How much of a caller's text a message repeats. */
const longestEcho = 60

/**
 * What is wrong with a part of an input, and what would be right, in words that fit behind its name. A schema that says
 * more about itself does so with a message of its own.
 */
export function faultMessage(issue: Issue): string | undefined {
  if (issue.input === undefined && issue.code !== 'custom') return `is required${wanted(issue)}`
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kinds[issue.expected] ?? 'of another type'}`
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}${echo(issue.input)}`
    case 'too_small':
      return tooSmall(issue)
    case 'too_big':
      return tooBig(issue)
    case 'invalid_format':
      return `must be ${formats[issue.format] ?? `text that matches ${issue.pattern}`}`
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'invalid_union':
      return fitsNone(issue)
    case 'invalid_key':
      return 'has a name that is not allowed here'
    default:
      return undefined
  }
}

const kinds: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
}

const formats: Record<string, string> = {
  guid: 'a UUID, such as 497f6eca-6276-4993-bfeb-53cbbbba6f08',
  uuid: 'a UUID, such as 497f6eca-6276-4993-bfeb-53cbbbba6f08',
  url: 'a URL that begins with https:// or http://',
  date: 'a date, such as 2026-03-31 (ISO 8601)',
  datetime: 'a time with its offset, such as 2026-03-31T18:00:00Z (ISO 8601)',
}

/** What a missing member should have been, if that can be said in a few words. */
function wanted(issue: Issue): string {
  if (issue.code === 'invalid_value') return `: ${oneOf(issue.values)}`
  if (issue.code === 'invalid_union') return issue.errors.length === 0 ? '' : `: ${shapes(issue)}`
  const kind = issue.code === 'invalid_type' ? kinds[issue.expected] : undefined
  return kind === undefined ? '' : `: ${kind}`
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`
}

function echo(input: unknown): string {
  return typeof input === 'string' && input.length <= longestEcho ? `, not ${JSON.stringify(input)}` : ''
}

function tooSmall({ origin, minimum, inclusive }: Issue & { code: 'too_small' }): string {
  if (origin === 'string') return minimum === 1 ? 'must not be blank' : `must have at least ${minimum} characters`
  if (origin === 'array') return minimum === 1 ? 'must not be empty' : `must have at least ${minimum} entries`
  return inclusive === false ? `must be above ${minimum}` : `must be at least ${minimum}`
}

function tooBig({ origin, maximum, inclusive }: Issue & { code: 'too_big' }): string {
  if (origin === 'string') return `must have at most ${maximum} characters`
  if (origin === 'array') return `must have at most ${maximum} entries`
  return inclusive === false ? `must be below ${maximum}` : `must be at most ${maximum}`
}

/** For several shapes: the values of the member that tells them apart, else what each of them asks for. */
function fitsNone(issue: Issue & { code: 'invalid_union' }): string {
  const { options, discriminator, input } = issue as unknown as {
    options?: unknown[]
    discriminator?: string
    input: Record<string, unknown>
  }
  if (options?.length && discriminator !== undefined) {
    const value = input[discriminator]
    return value === undefined ? `is required: ${oneOf(options)}` : `must be ${oneOf(options)}${echo(value)}`
  }
  return issue.errors.length === 0 ? 'must have one of the shapes that are allowed here' : `must be ${shapes(issue)}`
}

function shapes({ errors }: Issue & { code: 'invalid_union' }): string {
  const asks = errors.flatMap(([first]) => first?.message.replace(/^(must be|is required:) /, '') ?? [])
  return [...new Set(asks)].join(', or ')
}
