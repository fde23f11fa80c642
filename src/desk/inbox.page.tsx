import type { FC } from 'hono/jsx'
import type { Family } from '../approvals/family.ts'
import { families } from '../families.ts'
import type { InboxRow, LastDecided } from './inbox.store.ts'
import { mostSearched } from './inbox.store.ts'
import type { Asked, Inbox } from './inbox.ts'
import { page, type Reader } from './layout.tsx'
import { Text, visibleText, When } from './parts.tsx'
import { kindName, say } from './wording.ts'

const all: readonly Family[] = families

/** The list, with room for what is opened from it. */
export function inboxPage(reader: Reader, inbox: Inbox, now: number) {
  return page({
    title: say.lists[inbox.view],
    reader,
    view: inbox.view,
    ...counted(inbox),
    children: (
      <main id="content" class="desk is-list">
        <List inbox={inbox} now={now} />
        <div class="opened" tabindex={-1}>
          <Aside inbox={inbox} />
        </div>
      </main>
    ),
  })
}

/** What stands where nothing is open. */
const Aside: FC<{ inbox: Inbox }> = ({ inbox }) => {
  if (inbox.rows.length > 0) return <p class="quiet choose">{say.choose}</p>
  if (counted(inbox).count !== '0') return null
  return (
    <div class="choose">
      <h2>{say.allDone}</h2>
      <p class="quiet">{say.byItself}</p>
    </div>
  )
}

/** How many wait, where that is what was listed; what is beyond 99 is not counted. */
export function counted({ view, kind, text, group, cursor, rows, next }: Inbox): { count?: string } {
  if (view !== 'waiting' || kind !== undefined || text !== undefined || group !== undefined || cursor !== undefined)
    return {}
  return { count: rows.length > 99 || next !== null ? '99+' : String(rows.length) }
}

/** @param open the id of the one that is open beside it */
export const List: FC<{ inbox: Inbox; now: number; open?: string }> = ({ inbox, now, open }) => {
  const { rows, view, next, text } = inbox
  return (
    <section class="list" id="list" aria-labelledby="list-title" data-view={view}>
      <div class="head">
        {open === undefined ? <h1 id="list-title">{say.lists[view]}</h1> : <h2 id="list-title">{say.lists[view]}</h2>}
        <Narrow inbox={inbox} />
      </div>
      <ol aria-labelledby="list-title" id="items">
        {rows.map((row) => (
          <Item row={row} now={now} isOpen={row.id === open} query={queryOf(inbox)} />
        ))}
      </ol>
      {rows.length === 0 && (
        <p class="quiet empty">
          {emptiness(inbox)}
          {inbox.lastDecided && <Last decided={inbox.lastDecided} now={now} />}
        </p>
      )}
      {text !== undefined && rows.length > 0 && <p class="quiet empty">{say.searched(mostSearched)}</p>}
      {next !== null && (
        <p class="more">
          <a href={`/${queryOf({ ...inbox, cursor: next })}`}>{say.more}</a>
        </p>
      )}
    </section>
  )
}

/** What was decided last, where nothing is left to decide. */
const Last: FC<{ decided: LastDecided; now: number }> = ({ decided, now }) => (
  <>
    {' '}
    {say.last} <Text text={decided.title} />, <When at={decided.decided_at} now={now} />
  </>
)

function emptiness({ view, text, kind, group, cursor }: Inbox): string {
  return [text, kind, group, cursor].every((one) => one === undefined) ? say.empty[view] : say.empty.found
}

const Narrow: FC<{ inbox: Inbox }> = ({ inbox }) => (
  <form method="get" action="/" role="search" class="narrowing">
    {inbox.view !== 'waiting' && <input type="hidden" name="view" value={inbox.view} />}
    <input type="search" name="q" id="search" value={inbox.text} placeholder={say.search} aria-label={say.search} />
    <select name="kind" aria-label={say.family}>
      <option value="">{say.everyKind}</option>
      {all.map(({ kind }) => (
        <option value={kind} selected={kind === inbox.kind}>
          {kindName(kind)}
        </option>
      ))}
    </select>
    {inbox.mine.length > 0 && (
      <select name="group" aria-label={say.group}>
        <option value="">{say.everyGroup}</option>
        {inbox.mine.map(({ id, name }) => (
          <option value={id} selected={id === inbox.group}>
            {visibleText(name)}
          </option>
        ))}
      </select>
    )}
    <button>{say.filter}</button>
  </form>
)

const Item: FC<{ row: InboxRow; now: number; isOpen: boolean; query: string }> = ({ row, now, isOpen, query }) => (
  <li id={`item-${row.id}`}>
    <a href={`/a/${row.id}${query}`} aria-current={isOpen ? 'true' : undefined}>
      <b>
        <Text text={row.title} />
      </b>
      {row.brief !== null && <span class="amount">{briefOf(row)}</span>}
      <small>
        {kindName(row.kind)} · {visibleText(row.requester_name ?? row.requester_id)}
        {row.status === 'pending' ? (
          row.due_at !== null && (
            <span class={row.due_at - now < 3_600_000 ? 'soon' : undefined}>
              {' · '}
              {say.due[row.on_due ?? 'expire'].toLowerCase()} <When at={row.due_at} now={now} />
            </span>
          )
        ) : (
          <>
            {' · '}
            {say.statuses[row.status].toLowerCase()}{' '}
            <When at={row.decided_at ?? row.due_at ?? row.created_at} now={now} />
          </>
        )}
      </small>
    </a>
  </li>
)

function briefOf({ kind, brief }: InboxRow): string {
  const of = all.find((family) => family.kind === kind)?.page?.brief?.of as ((members: unknown) => string) | undefined
  return brief === null || !of ? '' : of(JSON.parse(brief))
}

/** The parameters that a list is asked for with. */
export function queryOf({ view, kind, text, group, cursor }: Asked): string {
  const query = new URLSearchParams({
    ...(view !== 'waiting' && { view }),
    ...(kind && { kind }),
    ...(text && { q: text }),
    ...(group && { group }),
    ...(cursor && { cursor }),
  }).toString()
  return query === '' ? '' : `?${query}`
}
