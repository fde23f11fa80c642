import { readFileSync } from 'node:fs'
import type { Plugin } from 'esbuild'
import { parseAst } from 'rolldown/parseAst'

/** What the document says of an operation, and nobody needs who answers it. */
const said = new Set(['tags', 'summary', 'description', 'responses'])

/** A node of the syntax tree (ESTree). */
interface Node {
  type: string
  start: number
  end: number
  [member: string]: unknown
}

/**
 * Leaves out what the sources say for the OpenAPI document alone: it is made beforehand, of the sources as they are. A
 * sixth of the Worker is spared.
 */
export const withoutDescriptions: Plugin = {
  name: 'without-descriptions',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.tsx?$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      const loader = path.endsWith('x') ? 'tsx' : 'ts'
      return { contents: blank(text, descriptionsIn(parseAst(text, { lang: loader }), text)), loader }
    })
  },
}

/** The places from which on, and up to which, a source describes. */
function descriptionsIn(tree: unknown, text: string): [number, number][] {
  if (Array.isArray(tree)) return tree.flatMap((one) => descriptionsIn(one, text))
  if (typeof tree !== 'object' || tree === null) return []
  const node = tree as Node
  if (describes(node)) {
    const { object, property } = node.callee as { object: Node; property: Node }
    // From its dot on: an object in parentheses ends before the second of them.
    return [[text.lastIndexOf('.', property.start), node.end], ...descriptionsIn(object, text)]
  }
  const members = node.type === 'ObjectExpression' ? (node.properties as Node[]) : []
  const isOperation = members.some((one) => nameOf(one) === 'operationId')
  const spoken = isOperation ? members.filter((one) => said.has(nameOf(one) ?? '')) : []
  const others = isOperation ? members.filter((one) => !spoken.includes(one)) : Object.values(node)
  return [
    ...spoken.map(({ start, end }): [number, number] => [start, text[end] === ',' ? end + 1 : end]),
    ...others.flatMap((one) => descriptionsIn(one, text)),
  ]
}

const nameOf = (member: Node) => (member.key as { name?: string } | undefined)?.name

/** Whether it is a schema's `.openapi({ … })` or `.openapi('Name', { … })`, and not a router's. */
function describes({ type, callee, arguments: given = [] }: Node): boolean {
  const { property } = (callee ?? {}) as { property?: { name?: string } }
  const isPlain = (one: Node) => ['ObjectExpression', 'Literal', 'TemplateLiteral', 'Identifier'].includes(one.type)
  const last = (given as Node[]).at(-1)
  return (
    type === 'CallExpression' &&
    property?.name === 'openapi' &&
    (given as Node[]).every(isPlain) &&
    last !== undefined &&
    last.type !== 'Identifier'
  )
}

/** With spaces in their place, everything else stays where it was, for the sake of source maps. */
function blank(text: string, places: readonly [number, number][]): string {
  const parts: string[] = []
  let from = 0
  for (const [start, end] of places.toSorted(([a], [b]) => a - b)) {
    parts.push(text.slice(from, start), text.slice(start, end).replaceAll(/[^\n]/g, ' '))
    from = end
  }
  return parts.join('') + text.slice(from)
}
