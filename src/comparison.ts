import { Big } from 'big.js'
import { isScalar, stringOf, type Found } from './json-reader.ts'

/** How two values may be compared; those in letters say the same as those in signs. */
export const operators = ['==', '!=', '<', '<=', '>', '>=', 'eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const
export type Operator = (typeof operators)[number]

/** A value that has been read, so that comparing it with many does not read it again. */
export interface Comparable {
  type: Found['type']
  /** A number as the decimal that is written, anything else as its text; null for lists and objects. */
  value: Big | string | null
}

export function comparable(found: Found): Comparable {
  const { type, text } = found
  return { type, value: isScalar(found) ? (type === 'number' ? new Big(text) : stringOf(found)) : null }
}

/** Whether an operator asks for an order, which only numbers and texts have. */
export function isOrdering(op: Operator): boolean {
  return !['==', 'eq', '!=', 'ne'].includes(op)
}

/**
 * Whether two values are to each other as the operator says: numbers exactly, texts by their code units; null where
 * they cannot be compared so.
 */
export function holdsBetween(a: Comparable, op: Operator, b: Comparable): boolean | null {
  const order = orderOf(a, b)
  if (!isOrdering(op)) {
    if (a.value === null || b.value === null) return null
    return (order === 0) === (op === '==' || op === 'eq')
  }
  if (order === null || (a.type !== 'number' && a.type !== 'string')) return null
  if (op === '<' || op === 'lt') return order < 0
  if (op === '<=' || op === 'lte') return order <= 0
  if (op === '>' || op === 'gt') return order > 0
  return order >= 0
}

/** Of two scalars of one type; null for anything else. */
function orderOf({ type, value: a }: Comparable, { type: other, value: b }: Comparable): -1 | 0 | 1 | null {
  if (a === null || b === null || type !== other) return null
  if (a instanceof Big) return a.cmp(b)
  return a === b ? 0 : a < b ? -1 : 1
}
