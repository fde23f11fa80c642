import canonicalize from 'canonicalize'
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
  return sha256(canonical({ id, kind, revision, title, requester, what }))
}

function canonical(question: Question): string {
  try {
    return canonicalize(question) as string
  } catch {
    // RFC 8785 has no half of a surrogate pair; nor has UTF-8, as which text is stored.
    return canonicalize(
      JSON.parse(JSON.stringify(question), (_, value: unknown) =>
        typeof value === 'string' ? value.toWellFormed() : value,
      ),
    ) as string
  }
}
