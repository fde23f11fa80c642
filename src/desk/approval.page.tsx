import type { FC } from 'hono/jsx'
import type { Explanation } from '../any-approval/explain.ts'
import type { Aftermath } from '../approvals/family.ts'
import { standingOf } from '../approvals/states.ts'
import type { CastVote } from '../approvals/votes.store.ts'
import { DecideForm, editOf } from './decide-form.tsx'
import { List, counted, queryOf } from './inbox.page.tsx'
import { page, type Reader } from './layout.tsx'
import { fact, Facts, Kept, LongText, Text, visibleText, When } from './parts.tsx'
import { mayDo, type ShownApproval } from './shown-approval.ts'
import { Stages } from './stages.tsx'
import type { Typed } from './sign-in.page.tsx'
import { kindName, labelOf, say } from './wording.ts'

/** What goes back to somebody with the page: what went wrong, in which field if in one, and what they have typed. */
export interface Returned {
  fault?: string
  field?: 'comment' | 'details'
  typed?: Typed
}

/** One approval, beside the list that it is opened from. */
export function approvalPage(reader: Reader, shown: ShownApproval, returned: Returned = {}) {
  const { approval, inbox } = shown
  return page({
    title: approval.title,
    reader,
    view: inbox.view,
    ...counted(inbox),
    children: (
      <main id="content" class="desk is-open">
        <List inbox={inbox} now={shown.shown.now} open={approval.id} />
        <div class="opened" tabindex={-1}>
          <Opened {...shown} reader={reader} returned={returned} />
        </div>
      </main>
    ),
  })
}

const Opened: FC<ShownApproval & { reader: Reader; returned: Returned }> = (props) => {
  const { approval, status, shown, nameOf, inbox, returned, explained, family } = props
  const asker = visibleText(nameOf(approval.requester_id))
  const sender = approval.submitted_by
  const { became, reason } = JSON.parse(approval.after ?? '{}') as Aftermath
  return (
    <article
      data-id={approval.id}
      data-version={approval.version}
      data-status={status}
      data-due={approval.due_at ?? undefined}
      data-asked={approval.digest + (approval.status === 'pending' && approval.seen ? `${approval.seen}.` : '')}
      data-did={didOf(explained)}
      aria-labelledby="title"
    >
      <p class="back">
        <a href={`/${queryOf(inbox)}`}>{say.back}</a>
      </p>
      <h1 id="title">
        <Text text={approval.title} />
      </h1>
      <p class="quiet line">
        <span class={`badge ${status}`}>{say.statuses[status]}</span> {kindName(approval.kind)} ·{' '}
        {sender === null ? say.asks(asker) : say.asksFor(visibleText(nameOf(sender)), asker)}{' '}
        <When at={approval.created_at} now={shown.now} />
        {status === 'pending' && approval.due_at !== null && (
          <>
            {' · '}
            {approval.due_at <= shown.now ? (
              say.dueNow
            ) : (
              <>
                {say.due[approval.on_due ?? 'expire']} <When at={approval.due_at} now={shown.now} />
              </>
            )}
          </>
        )}
        {status === 'pending' && (
          <>
            {' · '}
            {say.given(approval.votes_for, approval.votes_needed)}
          </>
        )}
      </p>
      {returned.fault && (
        <p class="fault" role="alert" id="fault">
          {returned.fault}
        </p>
      )}
      {status !== 'pending' && <Outcome {...props} />}
      {!mayDo(explained, 'approve') && !mayDo(explained, 'reject') && (
        <Kept label={say.typed} texts={[returned.typed?.comment, editOf(family, shown, returned)]} />
      )}
      {became && (
        <p class="notice">
          {say.became[became]}
          {reason && <LongText text={reason} />}
        </p>
      )}
      {approval.restricted === 1 && <p class="quiet">{say.restricted}</p>}
      <section aria-label={say.facts}>{drawn(props)}</section>
      <Stages {...props} />
      {status === 'pending' && !mayDo(explained, 'approve') && !mayDo(explained, 'reject') && (
        <p class="quiet why">{whyNot(explained)}</p>
      )}
      <DecideForm {...props} />
      <History {...props} />
      <p class="quiet digest">
        {say.id} <code>{approval.id}</code>
        <br />
        {say.digest} <code>{approval.digest}</code>
      </p>
    </article>
  )
}

/** What the reader has done about it that stands, for the module: it knows then that it has arrived. */
function didOf({ may }: Explanation): string | undefined {
  const did = Object.entries(may).flatMap(([what, { code }]) => (code === 'repeat' ? [what] : []))
  return did.length > 0 ? did.join(' ') : undefined
}

/** Why the reader does not decide it, in a sentence. */
function whyNot({ may }: Explanation): string {
  return `${say.cannot} ${say.why[may.approve.code] ?? visibleText(may.approve.reason)}`
}

/** What the family draws; without that, the members that a list shows. */
function drawn({ family, shown }: ShownApproval) {
  if (family.page) return family.page.draw(shown) as never
  return <Facts>{Object.entries(shown.family).map(([name, value]) => fact(labelOf(name), asText(value)))}</Facts>
}

function asText(value: unknown): string | null {
  return typeof value === 'string' || value === null ? value : JSON.stringify(value)
}

const Outcome: FC<ShownApproval> = ({ approval, nameOf, shown }) => {
  const { status, decided_by, decided_at } = standingOf(approval, shown.now)
  if (status === 'pending') return null
  const at = decided_at ?? approval.updated_at
  const [before, after] = say.decided[status](visibleText(nameOf(decided_by ?? '')), '\u0000').split('\u0000')
  return (
    <div class={`outcome ${status}`}>
      <p>
        {before}
        <When at={at} now={shown.now} />
        {after}
      </p>
      {approval.comment && <LongText text={approval.comment} />}
    </div>
  )
}

const History: FC<ShownApproval> = ({ approval, events, nameOf, shown, status }) => {
  const votes = JSON.parse(approval.all_votes) as CastVote[]
  return (
    <section class="history" aria-labelledby="history">
      <h2 id="history">{say.history}</h2>
      {status === 'pending' && votes.length > 0 && (
        <ul class="votes">
          {votes.map((vote) => (
            <li>
              <Text text={nameOf(vote.voter)} /> {say.votes[vote.vote]} <When at={vote.voted_at} now={shown.now} />
              {vote.voided_at !== null && ` (${say.voided})`}
              {vote.comment && <LongText text={vote.comment} />}
            </li>
          ))}
        </ul>
      )}
      <ol class="timeline">
        {events.map((event) => {
          const { comment } = JSON.parse(event.data) as { comment?: string | null }
          return (
            <li>
              <b>{labelOf(event.type.split('.').at(-1)!)}</b> · <Text text={nameOf(event.actor_id)} /> ·{' '}
              <When at={event.at} now={shown.now} />
              {comment && <LongText text={comment} />}
            </li>
          )
        })}
      </ol>
    </section>
  )
}
