import type { z } from '@hono/zod-openapi'

/**
 * A list in which nothing may be twice. An entry that repeats another is at fault itself, and that is said whatever
 * else is wrong with the list, so that the caller hears of every fault at once.
 */
export function distinct<S extends z.ZodArray>(list: S): S {
  return list
    .superRefine(
      (entries: unknown, refinement) => {
        if (!Array.isArray(entries)) return
        const seen = new Set<unknown>()
        for (const [index, entry] of entries.entries()) {
          if (seen.has(entry)) refinement.addIssue({ code: 'custom', message: 'is given twice', path: [index] })
          seen.add(entry)
        }
      },
      { when: () => true },
    )
    .openapi({ uniqueItems: true })
}
