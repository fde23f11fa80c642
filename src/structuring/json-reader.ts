import { Big } from 'big.js'
import { parseTree, type Node } from 'jsonc-parser'

/*
 * Reads JSON without its losses: JavaScript rounds numbers beyond 2^53 and 17 digits. A value keeps its text, and
 * numbers are compared as the decimals that they are.
 */

/** A value somewhere in a JSON text. */
export interface Found {
  type: 'string' | 'number' | 'boolean' | 'null' | 'array' | 'object'
  /** Its JSON text. */
  text: string
}

/** The order of two values of one type, or null where there is none. */
export type Order = -1 | 0 | 1 | null

/** A JSON object, by its text. */
export class JsonReader {
  private readonly root: Node | undefined

  constructor(private readonly json: string) {
    this.root = parseTree(json)
  }

  /** The value of a member, by its plain name or a JSON Pointer (RFC 6901); undefined where there is none. */
  find(field: string): Found | undefined {
    const node = pathOf(field).reduce<Node | undefined>(step, this.root)
    return node && this.found(node)
  }

  /** The elements of a member that is a list; none where it is not. */
  elements(field: string): Found[] {
    const node = pathOf(field).reduce<Node | undefined>(step, this.root)
    return node?.type === 'array' ? (node.children ?? []).map((child) => this.found(child)) : []
  }

  /** The object's own members. */
  members(): { name: string; value: Found }[] {
    return (this.root?.children ?? []).flatMap(({ children }) => {
      const [name, value] = children ?? []
      return name && value ? [{ name: name.value as string, value: this.found(value) }] : []
    })
  }

  private found(node: Node): Found {
    const text = this.json.slice(node.offset, node.offset + node.length)
    return { type: node.type as Found['type'], text }
  }
}

/** Whether a name is one: a JSON Pointer escapes only `~0` and `~1`. */
export function isField(field: string): boolean {
  return !field.startsWith('/') || !/~(?![01])/.test(field)
}

/** Exact order of two numbers, or of two strings by their code units; null for anything else. */
export function compare(a: Found, b: Found): Order {
  if (a.type === 'number' && b.type === 'number') return new Big(a.text).cmp(new Big(b.text))
  if (a.type !== 'string' || b.type !== 'string') return null
  const [left, right] = [stringOf(a), stringOf(b)]
  return left === right ? 0 : left < right ? -1 : 1
}

/** Whether two values that are no lists or objects are the same. */
export function isSame(a: Found, b: Found): boolean {
  return a.type === b.type && (compare(a, b) ?? (a.text === b.text && isScalar(a) ? 0 : 1)) === 0
}

/** Whether a value is neither a list nor an object. */
export function isScalar({ type }: Found): boolean {
  return type !== 'array' && type !== 'object'
}

/** Whether there is nothing in it: absent, null or an empty text. */
export function isBlank(value: Found | undefined): boolean {
  return value === undefined || value.type === 'null' || (value.type === 'string' && stringOf(value) === '')
}

/** The text of a string; of anything else its JSON. */
export function stringOf({ type, text }: Found): string {
  return type === 'string' ? (JSON.parse(text) as string) : text
}

function pathOf(field: string): string[] {
  if (!field.startsWith('/')) return [field]
  return field
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Of a member that is given twice the last counts, as for JSON.parse. */
function step(node: Node | undefined, name: string): Node | undefined {
  if (node?.type === 'array') return /^(0|[1-9]\d*)$/.test(name) ? node.children?.[Number(name)] : undefined
  if (node?.type !== 'object') return undefined
  return node.children?.findLast(({ children }) => children?.[0]?.value === name)?.children?.[1]
}
