import { z } from 'zod'
import { expect, test } from 'vitest'
import { faultMessage } from '../../src/fault-messages.ts'

const text = z.string().trim().min(1).max(3)
const shape = z.discriminatedUnion('type', [
  z.object({ type: z.literal('none') }),
  z.object({ type: z.literal('webhook') }),
])

test.each<[z.ZodType, unknown, string]>([
  [text, undefined, 'is required: text'],
  [text, 5, 'must be text'],
  [text, null, 'must be text'],
  [text, '', 'must not be blank'],
  [text, '  ', 'must not be blank'],
  [text, 'abcd', 'must have at most 3 characters'],
  [z.string().min(2), 'a', 'must have at least 2 characters'],
  [z.number(), '5', 'must be a number'],
  [z.number(), undefined, 'is required: a number'],
  [z.number().positive(), 0, 'must be above 0'],
  [z.number().lt(5), 5, 'must be below 5'],
  [z.number().min(0).max(1), 2, 'must be at most 1'],
  [z.number().min(0).max(1), -1, 'must be at least 0'],
  [z.number().multipleOf(5), 3, 'must be a multiple of 5'],
  [z.int(), 1.5, 'must be a whole number'],
  [z.int(), 2 ** 60, 'must be at most 9007199254740991'],
  [z.boolean(), 'yes', 'must be true or false'],
  [z.array(z.string()), 'a', 'must be a list'],
  [z.array(z.string()).min(1), [], 'must not be empty'],
  [z.array(z.string()).min(2), [], 'must have at least 2 entries'],
  [z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 entries'],
  [z.object({}), [], 'must be an object'],
  [z.object({}), undefined, 'is required: an object'],
  [z.record(z.string(), z.string()), 1, 'must be an object'],
  [z.enum(['a', 'b']), 'c', 'must be one of a, b, not "c"'],
  [z.enum(['a', 'b']), 'c'.repeat(100), 'must be one of a, b'],
  [z.enum(['a', 'b']), undefined, 'is required: one of a, b'],
  [z.literal('a'), 5, 'must be a'],
  [z.guid(), 'x', 'must be a UUID, such as 497f6eca-6276-4993-bfeb-53cbbbba6f08'],
  [z.url(), 'x', 'must be a URL that begins with https:// or http://'],
  [z.iso.date(), '31.3.2026', 'must be a date, such as 2026-03-31 (ISO 8601)'],
  [z.iso.datetime(), 'now', 'must be a time with its offset, such as 2026-03-31T18:00:00Z (ISO 8601)'],
  [z.string().regex(/^a$/), 'b', 'must be text that matches /^a$/'],
  [z.unknown().nonoptional(), undefined, 'is required'],
  [z.union([z.string(), z.number()]), true, 'must be text, or a number'],
  [z.union([z.string(), z.number()]), undefined, 'is required: text, or a number'],
  [shape, { type: 'mail' }, 'must be one of none, webhook, not "mail"'],
  [shape, {}, 'is required: one of none, webhook'],
])('%#', (schema, value, message) => {
  const { error } = schema.safeParse(value, { error: faultMessage })
  expect(error?.issues[0]?.message).toBe(message)
})
