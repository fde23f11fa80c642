import type { PagePart, Shown } from '../approvals/family.ts'
import { fact, Fact, Facts, JsonFacts, Markdown, SafeLink, Text } from '../desk/parts.tsx'
import { say } from '../desk/wording.ts'
import type { RequestFacts } from './requests.store.ts'

/** A request: what it says of itself, what it is about, and its details. */
export const requestPage: PagePart = {
  draw({ facts }: Shown) {
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
        {details !== null && <JsonFacts json={details} />}
      </>
    )
  },
}
