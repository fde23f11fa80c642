import type { FC } from 'hono/jsx'
import type { ShownRequirement } from '../any-approval/stages.ts'
import { Text, visibleText } from './parts.tsx'
import type { ShownApproval } from './shown-approval.ts'
import { say } from './wording.ts'

/** Who decides an approval, stage by stage: who has said yes, where one may know, and who is missing. */
export const Stages: FC<ShownApproval> = ({ approval, status, explained, nameOf, groupOf }) => {
  const { stages, namesPeople, approval: votedOn } = explained
  const isGoverned = votedOn.policy !== null
  if (!isGoverned && status !== 'pending') return null
  return (
    <section class="stages" aria-labelledby="stages">
      <h2 id="stages">{say.stages}</h2>
      {votedOn.policy_name && (
        <p class="quiet">
          {say.byPolicy} <Text text={votedOn.policy_name} />
        </p>
      )}
      <ol>
        {stages.map((stage) => (
          <li class={stage.status}>
            {stage.name !== null && (
              <>
                <b>
                  <Text text={stage.name} />
                </b>{' '}
              </>
            )}
            {isGoverned && <span class="badge">{say.stageIs[stage.status]}</span>}
            <ul>
              {stage.all.map((requirement) => (
                <li>
                  <span class="seats" aria-hidden="true">
                    {'●'.repeat(requirement.given)}
                    {'○'.repeat(requirement.approvals - requirement.given)}
                  </span>{' '}
                  {visibleText(whoOf(requirement, groupOf))}
                  {': '}
                  {namesPeople && requirement.voters.map((one) => visibleText(nameOf(one))).join(', ')}
                  {namesPeople && requirement.voters.length > 0 && '; '}
                  {say.still(requirement.approvals - requirement.given)}
                </li>
              ))}
            </ul>
          </li>
        ))}
        {approval.channel_confirms === 1 && <li class="waiting">{say.confirms}</li>}
      </ol>
    </section>
  )
}

function whoOf({ group, roles }: ShownRequirement, groupOf: (id: string) => string): string {
  return group === null ? say.anyOf(roles) : groupOf(group)
}
