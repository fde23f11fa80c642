import { demoApproval, demoTenant, insert, type Demo, type DemoApproval } from '../approvals/approvals.demo.ts'
import { day, minute } from '../durations.ts'
import { whatIsCalled } from './intent-kind.ts'

const instance = '497f6eca-6276-4993-bfeb-53cbbbba6f08'
const customer = '160c0c4b-9966-4dc1-a916-8407eb10d74e'
const noRule = { rule_id: null, notify_channel: null }

/** A call that was approved yesterday and replayed, three that wait for a customer, and two for the owner. */
export const demo: Demo = {
  kind: 'intent',
  statements: async (now) => [...(await waiting(now)), ...(await waitingForOwner(now)), ...(await replayed(now))],
}

interface Call {
  id: string
  approval_ref: string
  customer_id: string
  approver_role: 'owner' | 'customer'
  approver_person_id: string | null
  skill_slug: string
  action: string
  serialized_intent: string
}

function asked(call: Call, at: number, due: number, more: Pick<DemoApproval, 'approved'> = {}): Promise<string[]> {
  return demoApproval({
    id: call.id,
    kind: 'intent',
    asked: 'requested',
    title: `${call.skill_slug}: ${call.action}`,
    requester: 'usr_service',
    at,
    subject: { type: `instance:${instance}`, id: call.customer_id },
    instance,
    due: { at: due, on: 'expire' },
    what: whatIsCalled({ ...noRule, ...call, instance_id: instance }),
    ...more,
  })
}

/** Who decides where no particular person is asked. */
const anyCustomer = { approver_role: 'customer', approver_person_id: null } as const

function facts({ id, ...call }: Call, resolution: Record<string, string | number> = {}): string {
  const where = { approval_id: id, tenant_id: demoTenant, instance_id: instance }
  return insert('intents', { ...where, ...call, ...resolution })
}

async function waiting(now: number): Promise<string[]> {
  const calls = [
    ['APR-7K2M', 'payments', 'refund', '{"order":"o_1001","amount":49.90,"currency":"EUR"}'],
    ['APR-Q3ZD', 'calendar', 'cancel_booking', '{"booking":"b_77"}'],
    ['APR-9XW4', 'messaging', 'send_invoice', '{"invoice":"2026-118","to":"ann@example.com"}'],
  ] as const
  const made = calls.map(async ([approval_ref, skill_slug, action, serialized_intent], index) => {
    const id = `int_demo${index + 1}`
    const call = { id, approval_ref, customer_id: instance, skill_slug, action, serialized_intent, ...anyCustomer }
    return [...(await asked(call, now - (calls.length - index) * 10 * minute, now + 7 * day)), facts(call)]
  })
  return (await Promise.all(made)).flat()
}

async function waitingForOwner(now: number): Promise<string[]> {
  const calls = [
    ['int_demo4', 'APR-5TC8', 'refund', '{"order":"o_1002","amount":990.00,"currency":"EUR"}'],
    ['int_demo5', 'APR-M2HJ', 'chargeback', '{"order":"o_1003"}'],
  ] as const
  const owner = { approver_role: 'owner', approver_person_id: 'usr_member' } as const
  const made = calls.map(async ([id, approval_ref, action, serialized_intent], index) => {
    const call = {
      id,
      approval_ref,
      customer_id: customer,
      skill_slug: 'payments',
      action,
      serialized_intent,
      ...owner,
    }
    return [...(await asked(call, now - (index + 5) * 10 * minute, now + 7 * day)), facts(call)]
  })
  return (await Promise.all(made)).flat()
}

async function replayed(now: number): Promise<string[]> {
  const at = now - day
  const call = {
    id: 'int_demo0',
    approval_ref: 'APR-4DN8',
    customer_id: customer,
    ...anyCustomer,
    skill_slug: 'payments',
    action: 'refund',
    serialized_intent: '{"order":"o_1000","amount":12.50,"currency":"EUR"}',
  }
  const reported_by = 'usr_service'
  return [
    ...(await asked(call, at, now, { approved: { by: 'ann', at, reportedBy: reported_by } })),
    facts(call, { resolver_role: 'customer', resolution_channel: 'sms', pin_verified: 1, reported_by }),
    insert('outbox', {
      id: 'out_demo0001',
      tenant_id: demoTenant,
      instance_id: instance,
      approval_id: call.id,
      status: 'succeeded',
      approved_at: at,
      execute_by: now,
      attempt: 1,
      lease_token: 'lse_demo0001',
      result: '{"refund":"re_77"}',
      finished_at: at,
    }),
  ]
}
