import { visit } from 'jsonc-parser'

/** Values of a list that are as short as this are laid out together, in characters. */
const short = 40

/** A value within JSON that has none within itself: text decoded, everything else as it was written. */
export interface Leaf {
  path: string[]
  text: string
  /** Whether it is in a list, and not of a member. */
  isListed: boolean
}

/** How many are looked at. */
const most = 20_000

/** The values of a JSON text, in its order. Nothing is read as a number: 1.10 stays 1.10. */
export function leavesOf(json: string): Leaf[] {
  const leaves: Leaf[] = []
  const add = (path: (string | number)[], text: string) => {
    if (leaves.length < most) leaves.push({ path: path.map(String), text, isListed: typeof path.at(-1) === 'number' })
  }
  let opened = -1
  const begin = (offset: number) => {
    opened = offset
  }
  // What ends right after it began is empty: that is a value, too.
  const end = (text: string) => (offset: number) => {
    if (opened !== -1 && json.slice(opened + 1, offset).trim() === '') add(place, text)
    opened = -1
  }
  let place: (string | number)[] = []
  visit(json, {
    onObjectBegin(offset, _length, _line, _character, path) {
      place = path()
      begin(offset)
    },
    onArrayBegin(offset, _length, _line, _character, path) {
      place = path()
      begin(offset)
    },
    onObjectEnd: end('{}'),
    onArrayEnd: end('[]'),
    onLiteralValue(value: unknown, offset, length, _line, _character, path) {
      opened = -1
      add(path(), typeof value === 'string' ? value : json.slice(offset, offset + length))
    },
  })
  return leaves
}

/** The same with what is short and in one list together. */
export function joined(leaves: readonly Leaf[]): Leaf[] {
  const all: Leaf[] = []
  let list: string | null = null
  for (const leaf of leaves) {
    const of = leaf.isListed && leaf.text.length <= short ? JSON.stringify(leaf.path.slice(0, -1)) : null
    const last = all.at(-1)
    if (of !== null && of === list && last) last.text += `, ${leaf.text}`
    else all.push(of === null ? leaf : { ...leaf, path: leaf.path.slice(0, -1) })
    list = of
  }
  return all
}
