import type { FC } from 'hono/jsx'
import type { Returned } from './approval.page.tsx'
import { queryOf } from './inbox.page.tsx'
import type { Reader } from './layout.tsx'
import type { ShownApproval } from './shown-approval.ts'
import { mayDo } from './shown-approval.ts'
import { say } from './wording.ts'

/** What somebody may do about an approval, and sends with what it has shown them. */
export const DecideForm: FC<ShownApproval & { reader: Reader; returned: Returned }> = (props) => {
  const { approval, explained, reader, returned, shown, family, inbox } = props
  const tag = `${approval.version}${approval.seen ?? ''}`
  const [approve, reject, withdraw] = [
    mayDo(explained, 'approve'),
    mayDo(explained, 'reject'),
    mayDo(explained, 'withdraw'),
  ]
  if (!approve && !reject && !withdraw) return null
  return (
    <form
      method="post"
      action={`/a/${approval.id}${queryOf(inbox)}`}
      class="decide"
      id="decide"
      aria-label={say.decide}
    >
      <input type="hidden" name="token" value={reader.token} />
      <input type="hidden" name="digest" value={approval.digest} />
      {family.page?.confirms?.(shown) && <input type="hidden" name="state" value={tag} />}
      {(approve || reject) && (
        <>
          <label for="comment">{say.comment}</label>
          <textarea
            id="comment"
            name="comment"
            rows={1}
            maxlength={2000}
            {...marked(returned, 'comment', 'comment-hint')}
          >
            {returned.typed?.comment ?? ''}
          </textarea>
          <p id="comment-hint" class="quiet">
            {say.commentHint}
          </p>
        </>
      )}
      {approve && explained.allowsEdit && <Edit {...props} />}
      <div class="buttons">
        {approve && (
          <button name="vote" value="approve" class="primary" aria-keyshortcuts="a">
            {say.approve}
          </button>
        )}
        {reject && (
          <button name="vote" value="reject" aria-keyshortcuts="r">
            {say.reject}
          </button>
        )}
        {withdraw && (
          <button name="vote" value="withdraw" class="plain" aria-keyshortcuts="x">
            {say.withdraw}
          </button>
        )}
      </div>
    </form>
  )
}

/** How a field is marked that is at fault; whoever comes back to it goes on there. */
function marked({ fault, field }: Returned, name: Returned['field'], hint?: string) {
  if (fault === undefined || field !== name) return { 'aria-describedby': hint }
  return { 'aria-describedby': hint ? `fault ${hint}` : 'fault', 'aria-invalid': 'true', autofocus: true } as const
}

/** What is asked, to be approved otherwise. */
const Edit: FC<ShownApproval & { returned: Returned }> = ({ family, shown, returned }) => {
  const asked = family.page?.editable?.(shown.facts)
  if (asked === undefined) return null
  const typed = editOf(family, shown, returned)
  return (
    <details class="edit" open={typed !== undefined}>
      <summary>{say.edit}</summary>
      <label for="details">{say.editDetails}</label>
      <textarea
        id="details"
        name="details"
        rows={8}
        spellcheck={false}
        data-asked={typed === undefined ? undefined : pretty(asked)}
        {...marked(returned, 'details')}
      >
        {typed ?? pretty(asked)}
      </textarea>
      <button name="vote" value="approve_edited" aria-keyshortcuts="e">
        {say.approveEdited}
      </button>
    </details>
  )
}

/** What somebody has made of what is asked; undefined where they have left it as it is. */
export function editOf(
  family: ShownApproval['family'],
  shown: ShownApproval['shown'],
  { typed }: Returned,
): string | undefined {
  const asked = family.page?.editable?.(shown.facts)
  return asked === undefined || typed?.details === pretty(asked) ? undefined : typed?.details
}

/** Details are kept as they were read, so that laying them out loses nothing. */
function pretty(json: string | null): string {
  return json === null ? '' : JSON.stringify(JSON.parse(json), null, 2)
}
