import {
  array,
  boolean,
  discriminatedUnion,
  enum as enumeration,
  guid,
  int,
  iso,
  literal,
  looseObject,
  NEVER,
  null as nothing,
  number,
  object,
  record,
  strictObject,
  string,
  tuple,
  union,
  unknown,
  url,
  ZodObject,
  ZodType,
} from 'zod/v4'

/*
 * What the bundled Worker has instead of `zod` (scripts/bundle-worker.ts). `@hono/zod-openapi` uses Zod's whole
 * namespace as a value, which would keep what nobody calls: fifty languages, converters, a compiler. Whatever a schema
 * uses has to be here.
 *
 * A schema is made when it is first asked for something, not when its module is loaded: making one takes some 40 µs, a
 * start would make two thousand of them, and a request needs a handful.
 */

type Schema = Record<PropertyKey, unknown>
type Build = (...given: never[]) => unknown

/** The schemas that stand for others, each with how the other is made. */
const deferred = new WeakMap<object, () => Schema>()

/** The schema that one stands for; anything else as it is. */
const settle = (given: unknown): unknown => deferred.get(given as object)?.() ?? given

/** What a schema is made of: schemas, lists of them, and the members of objects. */
function settleAll(given: unknown): unknown {
  if (Array.isArray(given)) return given.map(settle)
  if (deferred.has(given as object) || typeof given !== 'object' || given === null) return settle(given)
  if (Object.getPrototypeOf(given) !== Object.prototype) return given
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, settle(value)]))
}

/** The methods that make a schema of another; `openapi`, of which nothing is kept here, gives the same. */
const building: ReadonlySet<PropertyKey> = new Set(
  (
    'array catch default extend int length max min nonnegative nullable nullish optional partial pipe positive ' +
    'refine regex startsWith strict superRefine toLowerCase toUpperCase transform trim'
  ).split(' '),
)

/** What `isZod` of `@hono/zod-openapi` looks for: there is no need of a schema to know that it has these. */
const calls = new Set<PropertyKey>(['parse', 'parseAsync', 'safeParse', 'safeParseAsync'])

/** What `@hono/zod-validator` looks for in the shape of headers: an object has these, and no `in` of a pipe. */
const ofObjects = new Set<PropertyKey>(['_def', '_zod', 'shape', '~standard'])

function defer(make: () => unknown, shape?: object): object {
  let made: Schema | undefined
  const schema = () => (made ??= make() as Schema)
  const stand: object = new Proxy(
    {},
    {
      get(_, name) {
        if (name === 'openapi') return () => stand
        if (name === 'shape' && shape) return shape
        if (building.has(name)) {
          return (...given: unknown[]) =>
            defer(
              () => (schema()[name] as Build)(...(given.map(settleAll) as never[])),
              name === 'strict' ? shape : undefined,
            )
        }
        if (calls.has(name)) return (...given: unknown[]) => (schema()[name] as Build)(...(given as never[]))
        return schema()[name]
      },
      has: (_, name) => (shape ? ofObjects.has(name) : name in schema()),
      getPrototypeOf: () => Object.getPrototypeOf(schema()) as object,
    },
  )
  deferred.set(stand, schema)
  return stand
}

const deferring =
  (build: Build) =>
  (...given: unknown[]) =>
    defer(() => build(...(given.map(settleAll) as never[])))

/** What is in it is known before it is made. */
const deferringObject = (build: Build) => (shape: object, parameters?: object) =>
  defer(() => build(settleAll(shape) as never, parameters as never), shape)

export const z = {
  array: deferring(array),
  boolean: deferring(boolean),
  discriminatedUnion: deferring(discriminatedUnion),
  enum: deferring(enumeration),
  guid: deferring(guid),
  int: deferring(int),
  iso: { datetime: deferring(iso.datetime), date: deferring(iso.date) },
  literal: deferring(literal),
  looseObject: deferringObject(looseObject),
  NEVER,
  null: deferring(nothing),
  number: deferring(number),
  object: deferringObject(object),
  record: deferring(record),
  strictObject: deferringObject(strictObject),
  string: deferring(string),
  tuple: deferring(tuple),
  union: deferring(union),
  unknown: deferring(unknown),
  url: deferring(url),
  ZodObject,
  ZodType,
}
