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
    const unfit = whyUnfit(shown)
    const notice = unfit ?? (isStale(shown) ? say.stale : null)
    return (
      <>
        {notice !== null && <p class="notice">{notice}</p>}
        <Facts>
          {fact(action, change.entity_name)}
          {fact(say.labels.entity, `${change.entity_type} ${change.entity_id}`)}
        </Facts>
        {unfit === null && (preview !== null || before !== null) ? (
          <>
            <Diff before={before} after={preview} />
            {payload !== null && <Raw json={payload} />}
          </>
        ) : (
          payload !== null && <JsonFacts json={payload} />
        )}
      </>
    )
  },
}

/** Why nobody can approve it as long as it is pending, if so: what it needs is not there, or what it makes is. */
function whyUnfit({ more, facts }: Shown): string | null {
  const [{ applies, latest, before }, { action }] = [more as unknown as ChangeBeside, facts as unknown as ChangeFacts]
  const isFit = (action === 'create') === (before === null)
  if (applies === 0 || latest === null || isFit) return null
  return action === 'create' ? say.exists : say.gone
}

/** Whether what is stored is not any more what the change was made on. */
function isStale({ more }: Shown): boolean {
  const { applies, latest, base_version } = more as unknown as ChangeBeside
  return applies === 1 && latest !== null && latest !== base_version
}
