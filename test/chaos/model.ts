import { isDeepStrictEqual } from 'node:util'
import { Violation } from './calls.ts'

/** What an approval was acknowledged to have become, or a vote on it. */
export interface Acknowledged {
  did: 'decided' | 'voted' | 'withdrawn' | 'redeemed' | 'revoked' | 'reported' | 'amended'
  /** The status after it, whoever's doing that was. */
  status?: string
  by?: string | null
  /** What else was said, that has to stay so. */
  said?: Record<string, unknown>
}

/** Something that was asked for and acknowledged. */
export interface Asked {
  /** Where it is read: a path. */
  at: string
  id: string
  kind: 'claim' | 'change' | 'intent' | 'result' | 'request'
  /** The demo key that asked. */
  as: string
  /** What was answered when it was asked for. */
  first: any
  /** The digest to decide on, as last seen. */
  digest?: string
  acknowledged: Acknowledged[]
}

/** A batch that was acknowledged, and what became of it. */
export interface AskedBatch {
  id: string
  total: number
  cancelled?: { reverted: number; at: string }
  amended: number
}

/** A lease that was handed out, by the server's clock: so long nobody else may have the entry. */
export interface Leased {
  instance: string
  outbox: string
  token: string
  from: number
  until: number
  /** What was acknowledged as its end. */
  finished?: 'succeeded' | 'failed'
  /** Whether it was given back, or may have been. */
  givenBack?: boolean
}

/** What the server has acknowledged, so that it can be asked for in the end. */
export class Model {
  readonly asked: Asked[] = []
  readonly batches: AskedBatch[] = []
  readonly leases: Leased[] = []
  /** Rows of administration: where they are read and what members they must have; null where they must be gone. */
  readonly kept = new Map<string, Record<string, unknown> | null>()
  /** Secrets of keys that were acknowledged as revoked. */
  readonly revoked: string[] = []
  /** How often each entity was acknowledged to have been written, and as which versions. */
  readonly written = new Map<string, number[]>()
  private readonly answers = new Map<string, unknown>()

  /** Notes the answer to an idempotency key. @throws Violation where the same key was answered otherwise before */
  answered(key: string, body: unknown): void {
    const before = this.answers.get(key)
    if (before !== undefined && !isDeepStrictEqual(before, body)) {
      throw new Violation(`Idempotency-Key ${key} had two answers: ${JSON.stringify(before)}, ${JSON.stringify(body)}`)
    }
    this.answers.set(key, body)
  }

  /** How many idempotency keys were answered with something. */
  get keys(): number {
    return this.answers.size
  }
}
