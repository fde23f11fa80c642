import type { PagePart, Shown } from '../approvals/family.ts'
import { Diff } from '../desk/diff.tsx'
import { fact, Facts, JsonFacts, Raw } from '../desk/parts.tsx'
import { say } from '../desk/wording.ts'
import { besideChange, type ChangeBeside, type ChangeFacts } from './changes.store.ts'

/** A change: what is stored now beside what would be, field by field. */
export const changePage: PagePart = {
  select: () => besideChange,
  confirms: (shown: Shown) => isStale(shown),
  draw(shown: Shown) {
    const change = shown.facts as unknown as ChangeFacts
    const { before, preview } = shown.more as unknown as ChangeBeside
    const { payload, action } = change
    return (
      <>
        {isStale(shown) && <p class="notice">{say.stale}</p>}
        <Facts>
          {fact(action, change.entity_name)}
          {fact(say.labels.entity, `${change.entity_type} ${change.entity_id}`)}
        </Facts>
        {preview !== null || before !== null ? (
          <Diff before={before} after={preview} />
        ) : (
          payload !== null && <JsonFacts json={payload} />
        )}
        {payload !== null && <Raw json={payload} />}
      </>
    )
  },
}

/** Whether what is stored is not any more what the change was made on. */
function isStale({ more }: Shown): boolean {
  const { applies, latest, base_version } = more as unknown as ChangeBeside
  return applies === 1 && latest !== null && latest !== base_version
}
