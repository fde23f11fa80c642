import type { PagePart, Shown } from '../approvals/family.ts'
import { Diff } from '../desk/diff.tsx'
import { fact, Fact, Facts, JsonFacts, Markdown, Raw, SafeLink, Text } from '../desk/parts.tsx'
import { say } from '../desk/wording.ts'
import { besideRequest, type RequestFacts } from './standard.store.ts'

/** A request: what it says of itself, what it is about, and its details. */
export const standardPage: PagePart = {
  select: () => besideRequest,
  editable: (facts) => (facts as unknown as RequestFacts).details,
  draw({ facts, more }: Shown) {
    const approved = more.approved_details as string | null
    const { type, summary, subject, details } = facts as unknown as RequestFacts
    const about = subject === null ? null : (JSON.parse(subject) as { type: string; id: string; url?: string })
    return (
      <>
        {summary && <Markdown text={summary} />}
        <Facts>
          {fact(say.labels.type, type)}
          {about && (
            <Fact label={about.type}>
              {about.url ? <SafeLink url={about.url} text={about.id} /> : <Text text={about.id} />}
            </Fact>
          )}
        </Facts>
        {approved && (
          <section class="notice">
            <p>{say.edited}</p>
            <Diff before={details} after={approved} heads={say.editedDiff} />
            <Raw json={approved} label={say.rawApproved} />
          </section>
        )}
        {details !== null && <JsonFacts json={details} />}
      </>
    )
  },
}
