import type { Context } from 'hono'
import type { Ctx } from '../context.ts'
import type { Cost } from '../db/open-db.ts'
import type { RefusalCode } from '../refusal.ts'
import type { Declaration } from './endpoint.ts'
import type { Body } from './input.ts'

/** What a request carries through the router. */
export interface AppEnv {
  Bindings: Env
  Variables: {
    requestId: string
    /** What the database has cost this request so far. */
    cost: Cost
    /** Where the answer's `x-d1-bookmark` comes from. */
    bookmark: () => string | null
    /** Set once the caller is known. */
    ctx: Ctx
    /** The API key that it was sent with, or what stands for it where it was a token. */
    keyId: string
    /** When a token is over, in milliseconds; null for a key. */
    goodUntil: number | null
    /** Set where the key is over its rate: what was answered before may be answered again, nothing else. */
    isOverRate?: boolean
    /** The endpoint that answers, once it is known. */
    endpoint?: Declaration
    /** The body, where the endpoint takes one, once it has been read. */
    body?: Body
    /** Headers of the answer, by their names, that `setHeader` has noted. */
    headers: Record<string, string>
    /** Who is signed in at the desk, as its pages show them, and the token that goes into their forms. */
    reader?: { name: string; id: string; token: string; groups: readonly string[] }
    /** Why the request was refused, if it was. */
    refused?: RefusalCode
  }
}

export type AppContext = Context<AppEnv>
