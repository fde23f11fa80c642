import type { Ctx } from '../context.ts'
import { sha256 } from '../sha256.ts'

/** What an identity provider calls somebody, and under which names they may be stored. */
export interface KnownAs {
  issuer: string
  subject: string
  /** What is left of the subject of somebody who was erased: they are known again, and stay out. */
  forgotten: string
}

/** @param subject the `sub` of their tokens */
export async function knownAs({ actor }: Ctx, issuer: string, subject: string): Promise<KnownAs> {
  return { issuer, subject, forgotten: `sha256:${await sha256(JSON.stringify([actor.tenantId, issuer, subject]))}` }
}
