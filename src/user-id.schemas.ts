import { z } from '@hono/zod-openapi'

/** Names with this prefix belong to the service itself, such as `system:expiry`. */
const reserved = 'system:'

/** Characters that a reader does not see: two names that differ in nothing else look the same. */
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

/** Also if it is written with blanks, capitals or full-width look-alikes. */
function isReserved(name: string): boolean {
  return name.normalize('NFKC').replaceAll(/\s/gu, '').toLowerCase().startsWith(reserved)
}

/** A user named in a body: 1–100 characters without surrounding blanks, and never one of the service itself. */
export const userId = nameOfSomebody(100)

/** The same with up to 200 characters: a person as an agent platform knows them. */
export const personId = nameOfSomebody(200)
