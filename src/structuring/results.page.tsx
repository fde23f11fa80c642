import type { PagePart, Shown } from '../approvals/family.ts'
import { fact, Facts, JsonFacts, Text, visibleText } from '../desk/parts.tsx'
import { say } from '../desk/wording.ts'
import { pathOf } from '../json-reader.ts'
import { besideResult, type ResultBeside } from './results.store.ts'

/** What a check or a rule said that failed; `details` is JSON text. */
type Failed = ResultBeside['failed'][number]

/** A result: what it failed, then its data with the fields marked that failed. */
export const resultPage: PagePart = {
  select: () => besideResult,
  draw({ facts, more }: Shown) {
    const { data, confidence, external_ref } = facts as {
      data: string
      confidence: number | null
      external_ref: string
    }
    const { gate, failed } = more as unknown as ResultBeside
    const fields = failed.flatMap((one) => fieldsOf(one))
    return (
      <>
        <Facts>
          {fact(say.labels.gate, gate)}
          {fact(say.labels.confidence, confidence === null ? null : String(confidence))}
          {fact(say.labels.reference, external_ref)}
        </Facts>
        <h2>{say.labels.whatItFailed}</h2>
        <ul class="failed">
          {failed.map((one) => (
            <li>
              <span class={`badge ${one.severity}`}>{one.severity}</span> <Text text={one.name} />
              {one.details && <p class="quiet">{said(one.details)}</p>}
            </li>
          ))}
        </ul>
        <h2>{say.labels.theData}</h2>
        <JsonFacts json={data} marked={fields} />
      </>
    )
  },
}

/** Where the fields are that a check or a rule is about. */
function fieldsOf({ details }: Failed): string[][] {
  const { field, left, right, missing } = JSON.parse(details ?? '{}') as Record<string, unknown>
  const named = [field, left, right, ...(Array.isArray(missing) ? (missing as unknown[]) : [])]
  return named.filter((one) => typeof one === 'string').map(pathOf)
}

function said(details: string): string {
  const members = Object.entries(JSON.parse(details) as Record<string, unknown>)
  return visibleText(
    members.map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(', '),
  )
}
