import { demoApproval, demoTenant, insert, type Demo } from '../approvals/approvals.demo.ts'
import { day, hour } from '../durations.ts'
import { whatChanges } from './change-kind.ts'

const name = 'Credit Score Rule'
const rule = { tenant_id: demoTenant, entity_type: 'qualificationRule', entity_id: 'qr_001', entity_name: name }
const data = '{"config":{"threshold":600,"window":"90d"}}'

/** A stored rule, and two pending changes of it. */
export const demo: Demo = { kind: 'change', statements: async (now) => [entity(now - day), ...(await changes(now))] }

function entity(at: number): string {
  return insert('entity_versions', {
    ...rule,
    version: 1,
    action: 'set',
    data,
    requested_by: 'usr_admin',
    approved_by: 'usr_admin',
    write_id: 'wrt_demo_qr_001',
    created_at: at,
  })
}

async function changes(now: number): Promise<string[]> {
  const waiting = [
    { id: 'approval_001', at: now - 2 * hour, payload: '{"config":{"threshold":650}}' },
    { id: 'approval_002', at: now - hour, payload: '{"config":{"window":"60d"}}' },
  ]
  const made = waiting.map(async ({ id, at, payload }) => [
    ...(await demoApproval({
      id,
      kind: 'change',
      asked: 'requested',
      title: `update ${name}`,
      requester: 'usr_member',
      at,
      subject: { type: rule.entity_type, id: rule.entity_id },
      what: whatChanges({ ...rule, action: 'update', payload }),
    })),
    insert('changes', {
      approval_id: id,
      ...rule,
      action: 'update',
      payload,
      requester_name: 'John Doe',
      base_version: 1,
      applies: 1,
    }),
  ])
  return (await Promise.all(made)).flat()
}
