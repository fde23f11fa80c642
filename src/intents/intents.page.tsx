import type { PagePart, Shown } from '../approvals/family.ts'
import { fact, Fact, Facts, JsonFacts, When } from '../desk/parts.tsx'
import { say } from '../desk/wording.ts'
import { besideIntent, type IntentBeside, type IntentFacts } from './intents.store.ts'

/** A call of an agent, laid out, with the two clocks: until when it may be decided, and executed. */
export const intentPage: PagePart = {
  select: () => besideIntent,
  draw({ facts, more, dueAt, now }: Shown) {
    const intent = facts as unknown as IntentFacts
    const { execute_by } = more as unknown as IntentBeside
    return (
      <>
        <Facts>
          {fact(say.labels.action, intent.action)}
          {fact(say.labels.skill, intent.skill_slug)}
          {fact(say.labels.customer, intent.customer_id)}
          {fact(
            say.labels.for,
            `${say.labels.the} ${intent.approver_role}${intent.approver_person_id ? ` ${intent.approver_person_id}` : ''}`,
          )}
          {fact(say.labels.rule, intent.rule_id)}
          {fact(say.labels.reference, intent.approval_ref)}
          {dueAt !== null && (
            <Fact label={say.labels.decide}>
              <When at={dueAt} now={now} />
            </Fact>
          )}
          <Fact label={say.labels.execute}>
            {execute_by === null ? say.labels.afterApproval : <When at={execute_by} now={now} />}
          </Fact>
        </Facts>
        <h2>{say.labels.theCall}</h2>
        <JsonFacts json={intent.serialized_intent} />
      </>
    )
  },
}
