import type { operations as described } from './generated/api.ts'
import { operations } from './generated/operations.ts'

/** Every operation of the service, by its `operationId`. */
export type OperationId = keyof typeof operations & keyof described

type Described<Id extends OperationId> = described[Id]
type Given = { path?: unknown; query?: unknown }

/** A member that has to be there only where it has members that have to be there. */
type Part<Name extends string, T> = [T] extends [undefined]
  ? unknown
  : {} extends T
    ? { [N in Name]?: T }
    : { [N in Name]: T }
type Parameter<Id extends OperationId, In extends 'path' | 'query'> = Described<Id>['parameters'] extends Given
  ? NonNullable<Described<Id>['parameters'][In]>
  : never
type Body<Id extends OperationId> =
  Described<Id> extends { requestBody: { content: { 'application/json': infer B } } }
    ? { body: B }
    : Described<Id> extends { requestBody?: { content: { 'application/json': infer B } } }
      ? { body?: B }
      : unknown

/** What an operation is called with. */
export type Arguments<Id extends OperationId> = Part<'path', Parameter<Id, 'path'>> &
  Part<'query', Parameter<Id, 'query'>> &
  Body<Id>

/** What is asked for of what there is: JSON, else the stream. */
type Content<C> = C extends { 'application/json': infer J } ? J : ReadableStream<Uint8Array>
type Contents<R> = { [Status in keyof R]: R[Status] extends { content: infer C } ? Content<C> : undefined }[keyof R]

/** What an operation answers. */
export type Answer<Id extends OperationId> = Contents<Described<Id>['responses']>

type Listed<A> = A extends readonly (infer Item)[]
  ? Item
  : { [Member in keyof A]: A[Member] extends readonly (infer Item)[] ? Item : never }[keyof A]

/** The operations that answer page by page. */
export type ListId = {
  [Id in OperationId]: Described<Id>['parameters'] extends { query?: { cursor?: string } } ? Id : never
}[OperationId]

/** One of what such an operation lists. */
export type Item<Id extends ListId> = Listed<Answer<Id>>

/** What the client knows of an operation. */
export interface Known {
  method: string
  path: string
  /** Whether it takes an Idempotency-Key. */
  takesKey: boolean
  /** The media type of its answer, where that is a stream of events or lines and not JSON. */
  stream: string | undefined
  /** The member of its answer that is a list; `[]` where the answer is one. */
  list: string | undefined
}

/** @throws TypeError where there is no such operation */
export function known(id: OperationId): Known {
  const line: string | undefined = operations[id]
  if (line === undefined) throw new TypeError(`Countersign has no operation ${id}.`)
  const [method = '', path = '', ...more] = line.split(' ')
  const stream = more.find((word) => word.includes('/'))
  return {
    method,
    path,
    takesKey: more.includes('+'),
    stream,
    list: more.find((word) => word !== '+' && word !== stream),
  }
}
