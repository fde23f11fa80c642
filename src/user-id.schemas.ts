import { z } from '@hono/zod-openapi'

/** Names that begin so belong to the service itself: `system:expiry` and its like. */
const reserved = 'system:'

/** What a reader does not see: two names that differ in nothing else look like one. */
const unseen = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u

function nameOfSomebody(most: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((name) => !unseen.test(name), 'must not contain control or invisible characters')
    .refine((name) => !isReserved(name), `must not begin with ${reserved}, which is nobody's name`)
    .openapi({ pattern: '^(?!\\s*[Ss][Yy][Ss][Tt][Ee][Mm]:)' })
}

/** Also where it is written with blanks, capitals or look-alikes of another width. */
function isReserved(name: string): boolean {
  return name.normalize('NFKC').replaceAll(/\s/gu, '').toLowerCase().startsWith(reserved)
}

/** A user whom a body names, 1–100 characters without the blanks around them; never one of the service itself. */
export const userId = nameOfSomebody(100)

/** The same with up to 200 characters: a person as an agent platform knows them. */
export const personId = nameOfSomebody(200)
