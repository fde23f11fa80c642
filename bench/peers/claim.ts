import { invalidInput } from './problem.ts'

/** What a claim asks for, as the body of a request has it. `amount` is in minor units of `currency` (ISO 4217). */
export interface NewClaim {
  description: string
  amount: number
  currency: string
  expense_type?: string | null
  incurred_on?: string | null
  distance_km?: number | null
  receipt_url?: string | null
  external_ref?: string | null
  claimant_id?: string
}

export const statuses = ['pending', 'approved', 'rejected', 'withdrawn'] as const
export type Status = (typeof statuses)[number]

/** A claim on the wire. */
export interface Claim extends Required<Omit<NewClaim, 'claimant_id'>> {
  claim_id: string
  status: Status
  claimant_id: string
  submitted_by: string
  decided_by: string | null
  decided_at: string | null
  comment: string | null
  created_at: string
  updated_at: string
}

/** What of a new claim nobody has said. */
export const unsaid = {
  expense_type: null,
  incurred_on: null,
  distance_km: null,
  receipt_url: null,
  external_ref: null,
  decided_by: null,
  decided_at: null,
  comment: null,
}

/** Which claims a page shows; every member that is set narrows it. */
export interface Filter {
  status?: Status
  claimant_id?: string
}

/** An Idempotency-Key that a request carries. */
export interface UsedKey {
  path: string
  key: string
  fingerprint: string
}

/** The first answer under an Idempotency-Key. */
export interface FirstAnswer {
  fingerprint: string
  answer: Claim
}

/** ISO 4217. */
export const currencies = Intl.supportedValuesOf('currency')

/** Where a page begins: behind the claim with this id, which was made at this time (milliseconds). */
export interface Cursor {
  at: number
  id: string
}

export function cursorOf({ created_at, claim_id }: Claim): string {
  return Buffer.from(JSON.stringify([Date.parse(created_at), claim_id])).toString('base64url')
}

/** @throws Problem 422 */
export function readCursor(cursor: string | undefined): Cursor | null {
  if (cursor === undefined) return null
  try {
    const [at, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [unknown, unknown]
    if (Number.isSafeInteger(at) && typeof id === 'string') return { at: at as number, id }
  } catch {
    // It is none of ours.
  }
  throw invalidInput([{ pointer: '/cursor', message: 'is not one that a page has given' }])
}

/** The query of the page behind this one. */
export function nextOf(query: Readonly<Record<string, unknown>>, data: readonly Claim[], limit: number): string | null {
  const last = data.at(-1)
  if (!last || data.length < limit) return null
  const more = Object.entries(query).filter(([, value]) => value !== undefined)
  const next = new URLSearchParams(Object.fromEntries(more.map(([name, value]) => [name, String(value)])))
  next.set('cursor', cursorOf(last))
  return `/api/v1/claims?${next}`
}
