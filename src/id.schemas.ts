import { z } from '@hono/zod-openapi'

/** An id that a caller gives. Any text will do: an id that nothing has is simply not found. */
export const id = z.string().min(1).max(100)

/** A caller's own name for something. */
export const externalRef = z.string().min(1).max(200)
