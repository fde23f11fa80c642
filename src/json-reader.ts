import { Big } from 'big.js'
import canonicalize from 'canonicalize'
import { parseTree, type Node } from 'jsonc-parser'
import { namesIn } from './json-pointer.ts'

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
  /** The members of the objects that have been looked into, by name. */
  private readonly byName = new Map<Node, Map<string, Node>>()

  constructor(readonly json: string) {
    this.root = parseTree(json)
  }

  /** The value of a member, by its plain name or a JSON Pointer (RFC 6901); undefined where there is none. */
  find(field: string): Found | undefined {
    const node = this.node(field)
    return node && this.found(node)
  }

  /** The elements of a member that is a list; none where it is not. */
  elements(field: string): Found[] {
    const node = this.node(field)
    return node?.type === 'array' ? (node.children ?? []).map((child) => this.found(child)) : []
  }

  /** The object's own members, each once. */
  members(): { name: string; value: Found }[] {
    if (!this.root) return []
    return [...this.membersOf(this.root)].map(([name, node]) => ({ name, value: this.found(node) }))
  }

  private node(field: string): Node | undefined {
    return pathOf(field).reduce<Node | undefined>((node, name) => {
      if (node?.type === 'array') return /^(0|[1-9]\d*)$/.test(name) ? node.children?.[Number(name)] : undefined
      return node?.type === 'object' ? this.membersOf(node).get(name) : undefined
    }, this.root)
  }

  /** Of a member that is given twice the last counts, as for JSON.parse. */
  private membersOf(node: Node): Map<string, Node> {
    const known = this.byName.get(node)
    if (known) return known
    const members = new Map<string, Node>()
    for (const { children } of node.children ?? []) {
      const [name, value] = children ?? []
      if (name && value) members.set(name.value as string, value)
    }
    this.byName.set(node, members)
    return members
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

/** The same text for scalars that are the same, whatever way they are written; null for lists and objects. */
export function keyOf(value: Found): string | null {
  if (!isScalar(value)) return null
  if (value.type !== 'number') return `${value.type}:${stringOf(value)}`
  const number = new Big(value.text)
  return `number:${number.eq(0) ? '0' : number.toExponential()}`
}

/** Whether two JSON texts are one value: whatever blanks they have and however they are ordered; numbers exactly. */
export function isSameJson(one: string | null, other: string | null): boolean {
  return one === other || (one !== null && other !== null && withoutLoss(one) === withoutLoss(other))
}

/** A canonical form of JSON in which numbers are texts, and any text is told from them. */
function withoutLoss(json: string): string | undefined {
  const tokens = /"(?:[^"\\]+|\\.)*"|-?\d[\d.eE+-]*/gs
  const asText = (token: string) => (token.startsWith('"') ? `"=${token.slice(1)}` : `"${new Big(token).toString()}"`)
  return canonicalize(JSON.parse(json.replace(tokens, asText)))
}

const longestShown = 200

/** The start of a text, for people to read. */
export function startOf(text: string): string {
  return text.length > longestShown ? `${text.slice(0, longestShown).toWellFormed()}…` : text
}

/** Whether a value is neither a list nor an object. */
export function isScalar({ type }: Found): boolean {
  return type !== 'array' && type !== 'object'
}

/** Whether there is nothing in it: absent, null or an empty text. */
export function isBlank(value: Found | undefined): boolean {
  return value === undefined || value.type === 'null' || (value.type === 'string' && value.text === '""')
}

/** The text of a string; of anything else its JSON. */
export function stringOf({ type, text }: Found): string {
  return type === 'string' ? (JSON.parse(text) as string) : text
}

/** The names that a field leads through: those of a JSON Pointer, or its plain name. */
export function pathOf(field: string): string[] {
  return field.startsWith('/') ? namesIn(field) : [field]
}
