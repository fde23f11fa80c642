import type { z } from 'zod'

/** How many unknown members are kept: enough to say which they are. */
const mostUnknown = 100

/** The parts of a schema's definition that are looked at here. */
interface Definition {
  type: string
  innerType?: z.core.$ZodType
  in?: z.core.$ZodType
  options?: z.core.$ZodType[]
  element?: z.core.$ZodType
  items?: z.core.$ZodType[]
  shape?: Record<string, z.core.$ZodType>
  catchall?: z.core.$ZodType
  checks?: z.core.$ZodCheck[]
}

/**
 * An input without what is certainly too much: Zod looks at every element of a list before it counts them. A list that
 * is longer than its schema allows is cut to one element more than that, and unknown members of a strict object to a
 * hundred, so that it is still refused for the same reason.
 *
 * @returns the value itself if nothing was too long
 */
export function cutLists(schema: z.core.$ZodType, value: unknown): unknown {
  return cut([schema], value)
}

function cut(schemas: readonly z.core.$ZodType[], value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const definitions = schemas.flatMap(plain)
  return Array.isArray(value) ? cutArray(definitions, value) : cutObject(definitions, value as Record<string, unknown>)
}

function cutArray(definitions: readonly z.core.$ZodType[], value: unknown[]): unknown[] {
  const lists = definitions.filter((one) => ['array', 'tuple'].includes(definitionOf(one).type))
  // Where no list is allowed, or anything is, nobody looks at the elements.
  if (lists.length === 0) return value
  const longest = Math.max(...lists.map(mostOf))
  const elements = lists.flatMap((one) => definitionOf(one).element ?? definitionOf(one).items ?? [])
  const kept = value.length > longest ? value.slice(0, longest + 1) : value
  let isSame = kept === value
  const shorter = kept.map((element) => {
    const result = cut(elements, element)
    isSame &&= result === element
    return result
  })
  return isSame ? value : shorter
}

function cutObject(definitions: readonly z.core.$ZodType[], value: Record<string, unknown>): Record<string, unknown> {
  const shapes = definitions.map(definitionOf).filter(({ type }) => type === 'object')
  const isOpen =
    shapes.length < definitions.length || shapes.some(({ catchall }) => definitionType(catchall) !== 'never')
  let unknown = 0
  let isSame = true
  const entries = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
    const known = shapes.flatMap(({ shape }) => (shape && Object.hasOwn(shape, name) ? (shape[name] ?? []) : []))
    if (known.length === 0) {
      unknown += 1
      if (isOpen || unknown <= mostUnknown) return [[name, member]]
      isSame = false
      return []
    }
    const result = cut(known, member)
    isSame &&= result === member
    return [[name, result]]
  })
  return isSame ? value : Object.fromEntries(entries)
}

/** The schemas that a schema comes down to: without what makes it optional, and each alternative by itself. */
function plain(schema: z.core.$ZodType): z.core.$ZodType[] {
  const { innerType, type, options, in: before } = definitionOf(schema)
  if (innerType) return plain(innerType)
  if (type === 'pipe' && before) return plain(before)
  return type === 'union' && options ? options.flatMap(plain) : [schema]
}

/** How many elements a list may have; without a limit of its own, only the size of the body bounds it. */
function mostOf(schema: z.core.$ZodType): number {
  const { type, items = [], checks = [] } = definitionOf(schema)
  if (type === 'tuple') return items.length
  // oxlint-disable-next-line no-underscore-dangle -- as below
  const bounds = checks.map((one) => one._zod.def as { check: string; maximum?: number })
  return Math.min(...bounds.map(({ check, maximum = Infinity }) => (check === 'max_length' ? maximum : Infinity)))
}

function definitionOf(schema: z.core.$ZodType): Definition {
  // oxlint-disable-next-line no-underscore-dangle -- so Zod names what libraries may read
  return schema._zod.def as unknown as Definition
}

function definitionType(schema: z.core.$ZodType | undefined): string | undefined {
  return schema && definitionOf(schema).type
}
