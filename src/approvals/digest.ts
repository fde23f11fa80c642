import { canonicalJson } from '../canonical-json.ts'
import { sha256 } from '../sha256.ts'

/** A question as an approver decides on it. What changes a member of it makes another question of it. */
export interface Question {
  id: string
  kind: string
  /** 1, and one more for each amendment. */
  revision: number
  title: string
  requester: string
  /**
   * The family's facts that an approver decides on. JSON that is kept as it was sent is in it as its exact text, since
   * no two readers need agree on its numbers.
   */
  what: Readonly<Record<string, unknown>>
}

/** What identifies a question: the SHA-256, in lower-case hexadecimal, of its canonical form (RFC 8785). */
export function digestOf({ id, kind, revision, title, requester, what }: Question): Promise<string> {
  return sha256(canonicalJson({ id, kind, revision, title, requester, what }))
}
