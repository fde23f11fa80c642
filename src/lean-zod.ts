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

/**
 * What the bundled Worker has instead of `zod` (`alias` in wrangler.toml). `@hono/zod-openapi` uses Zod's whole
 * namespace as a value, which would keep what nobody calls: fifty languages, converters, a compiler. Whatever a schema
 * uses has to be here.
 */
export const z = {
  array,
  boolean,
  discriminatedUnion,
  enum: enumeration,
  guid,
  int,
  iso,
  literal,
  looseObject,
  NEVER,
  null: nothing,
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
}
