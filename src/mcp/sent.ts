import type { RequestId } from '@modelcontextprotocol/server'
import { halfCharacter } from '../http/input.ts'
import { readMember, type Kept } from '../http/raw-json.ts'
import { invalidInput } from '../refusal.ts'

/*
 * The SDK hands on what JSON.parse has made of a message, and that reads with losses: see `raw-json.ts`. What people
 * are asked, and what is kept, is read from the text.
 */

/** Finds the text of a message by its id. @throws Refusal `invalid_input` where several of a batch have it */
export type Sent = (id: RequestId) => string

/** The messages in a body: one, or a batch of them, as there were up to 2025-03-26. */
export function sentIn(body: string): Sent {
  if (!isBatch(body)) return () => body
  let texts: string[] | undefined
  return (id) => {
    texts ??= elementsOf(body)
    const [text, another] = texts.filter((one) => (JSON.parse(one) as { id?: RequestId }).id === id)
    if (text !== undefined && another === undefined) return text
    const message = `is the id of more than one message of the batch: ${JSON.stringify(id)}`
    throw invalidInput([{ in: 'body', pointer: '/id', message, type: 'value_error' }])
  }
}

/** How many messages are in a body. */
export function messagesIn(body: string): number {
  return isBatch(body) ? elementsOf(body).length : 1
}

function isBatch(body: string): boolean {
  return /^\s*\[/.test(body)
}

/** The texts of the objects in a JSON array. */
function elementsOf(array: string): string[] {
  const texts: string[] = []
  let depth = 0
  let start = 0
  for (const { 0: token, index } of array.matchAll(/"(?:[^"\\]+|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') {
      depth += 1
      if (depth === 2) start = index
    } else if (token === ']' || token === '}') {
      depth -= 1
      if (depth === 1) texts.push(array.slice(start, index + 1))
    }
  }
  return texts
}

/**
 * The text of the argument that a tool keeps as it was sent; undefined where there is none.
 *
 * @throws Refusal `invalid_input` where it is beyond what may be kept, or half a character is anywhere in the message
 */
export function keptArgument(message: string, keeps: Kept | undefined): string | undefined {
  const { text, faults } = keeps ? readMember(message, keeps, ['params', 'arguments']) : { faults: [] }
  const all = [...halfCharacter(message), ...faults]
  if (all.length > 0) throw invalidInput(all)
  return text
}
