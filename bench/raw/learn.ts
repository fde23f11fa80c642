import { call, type Call } from '../load.ts'
import type { Operation } from '../operations.ts'
import type { Service } from '../service.ts'
import { templateOf, type Transaction } from './template.ts'

/**
 * Has the raw Worker run what the product runs for this operation, once its caches are warm.
 *
 * @returns a maker of calls for the raw Worker
 */
export async function teachRaw({ ports }: Service, operation: Operation): Promise<() => Call> {
  const { name, status, given } = operation
  const before = JSON.stringify((await record(ports.recorder, operation)).transactions)
  const { transactions, given: example, around } = await record(ports.recorder, operation)
  const [transaction, ...more] = transactions
  if (!transaction || more.length > 0) {
    throw new Error(`${name} takes ${transactions.length} transactions; the raw Worker knows operations of one.`)
  }
  const body = JSON.stringify({ template: templateOf(transaction, example, around, before), status })
  const path = `/${name}`
  const learned = await fetch(`http://127.0.0.1:${ports.raw}${path}`, { method: 'PUT', body })
  if (!learned.ok) throw new Error(await learned.text())
  return () => rawCall(operation, given())
}

/** The same body, so that as much is read. */
function rawCall({ name, call }: Operation, given: Readonly<Record<string, string>>): Call {
  const { method, body } = call(given)
  return { method, path: given.id === undefined ? `/${name}` : `/${name}/${given.id}`, body }
}

async function record(port: number, operation: Operation) {
  const recorded = async () => {
    const { body } = await call(port, { method: 'GET', path: '/recorded' })
    return JSON.parse(body.slice(body.indexOf('['), body.lastIndexOf(']') + 1)) as Transaction[]
  }
  await recorded()
  const given = operation.given()
  const from = Date.now()
  const { status, body } = await call(port, operation.call(given))
  if (status !== operation.status) throw new Error(`${operation.name}: ${status} ${body}`)
  return { transactions: await recorded(), given, around: [from, Date.now()] as const }
}
