import { visit } from 'jsonc-parser'

/** Values of a list that are as short as this are laid out together, in characters. */
const short = 40

/** A value within JSON that has none within itself: text decoded, everything else as it was written. */
export interface Leaf {
  /** Where it is: names of members, and places in lists. */
  path: (string | number)[]
  text: string
  isText: boolean
}

/** How many are looked at. */
export const mostLeaves = 20_000

/**
 * The values of a JSON text, in its order. Nothing is read as a number: 1.10 stays 1.10.
 *
 * @param isKept what is among them however far back it is
 * @returns the first of them, and how many there are
 */
export function leavesOf(json: string, isKept?: (path: Leaf['path']) => boolean): { leaves: Leaf[]; count: number } {
  const leaves: Leaf[] = []
  let count = 0
  const add = (path: () => Leaf['path'], text: string, isText = false) => {
    if (count < mostLeaves || isKept?.(path())) leaves.push({ path: path(), text, isText })
    count += 1
  }
  let opened = -1
  let place: Leaf['path'] = []
  const begin = (offset: number, path: () => Leaf['path']) => {
    place = path()
    opened = offset
  }
  // What ends right after it began is empty: that is a value, too.
  const end = (text: string) => (offset: number) => {
    if (opened !== -1 && json.slice(opened + 1, offset).trim() === '') add(() => place, text)
    opened = -1
  }
  visit(json, {
    onObjectBegin: (offset, _length, _line, _character, path) => begin(offset, path),
    onArrayBegin: (offset, _length, _line, _character, path) => begin(offset, path),
    onObjectEnd: end('{}'),
    onArrayEnd: end('[]'),
    onLiteralValue(value: unknown, offset, length, _line, _character, path) {
      opened = -1
      const isText = typeof value === 'string'
      add(path, isText ? value : json.slice(offset, offset + length), isText)
    },
  })
  return { leaves, count }
}

/** The same with what is short and in one list together. */
export function joined(leaves: readonly Leaf[]): Leaf[] {
  const all: Leaf[] = []
  let list: string | null = null
  for (const leaf of leaves) {
    const isListed = typeof leaf.path.at(-1) === 'number'
    const of = isListed && leaf.text.length <= short ? JSON.stringify(leaf.path.slice(0, -1)) : null
    const last = all.at(-1)
    if (of !== null && of === list && last) last.text += `, ${leaf.text}`
    else all.push(of === null ? leaf : { ...leaf, path: leaf.path.slice(0, -1) })
    list = of
  }
  return all
}
