import { z } from '@hono/zod-openapi'
import { isReserved, reserved } from './reserved.ts'
import { unseen } from './unseen.ts'

/** The same text, but none of the service's own names. */
export function unreserved<S extends z.ZodString>(text: S): S {
  return text
    .refine((name) => !isReserved(name), `must not begin with ${reserved}, which is reserved`)
    .openapi({ pattern: '^(?!\\s*[Ss][Yy][Ss][Tt][Ee][Mm]:)' })
}

function nameOfSomebody(most: number) {
  const text = z.string().trim().min(1).max(most)
  return unreserved(text.refine((name) => !unseen.test(name), 'must not contain control or invisible characters'))
}

/** A user named in a body: 1–100 characters without surrounding blanks, and never one of the service itself. */
export const userId = nameOfSomebody(100)

/**
 * The id of a person or a group that is made. It goes into paths, of which a segment is neither `.` nor `..` (RFC 3986,
 * 5.2.4), and into lists that are searched as JSON text, in which nobody is to be taken for somebody else.
 */
export const newUserId = userId
  .refine((id) => !/["\\,]|^\.\.?$/.test(id), 'must not be . or .., nor contain a comma, a quote or a backslash')
  .openapi({ pattern: '^(?!\\s*([Ss][Yy][Ss][Tt][Ee][Mm]:|\\.{1,2}\\s*$))[^",\\\\]+$' })

/** The same with up to 200 characters: a person as an agent platform knows them. */
export const personId = nameOfSomebody(200)
