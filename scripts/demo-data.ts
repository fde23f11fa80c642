import { createHash } from 'node:crypto'

/** The keys of the demo data. They exist in local development only. */
export const demoKeys = [
  { secret: 'cs_demo_admin', tenant: 'demo', user: 'usr_admin', name: 'Admin', role: 'admin' },
  {
    secret: 'cs_demo_coordinator',
    tenant: 'demo',
    user: 'usr_coord99',
    name: 'Carla Coordinator',
    role: 'coordinator',
  },
  { secret: 'cs_demo_reviewer', tenant: 'demo', user: 'usr_reviewer', name: 'Rita Reviewer', role: 'reviewer' },
  { secret: 'cs_demo_member', tenant: 'demo', user: 'usr_member', name: 'John Doe', role: 'member' },
  { secret: 'cs_demo_service', tenant: 'demo', user: 'usr_service', name: 'Agent platform', role: 'service' },
  { secret: 'cs_other_admin', tenant: 'other', user: 'usr_other', name: 'Otto Other', role: 'admin' },
] as const

/**
 * The demo data as SQL statements. Rows that are there already stay as they are, so that starting again keeps what was
 * done with them.
 *
 * @param now when it is loaded, in milliseconds: the claims date from the hours before
 */
export function demoData(now: number): string[] {
  return [
    ...access(now),
    ...claims(now),
    ...batches(now),
    ...changes(now),
    ...intents(now),
    ...replayed(now),
    ...results(now),
  ]
}

function access(now: number): string[] {
  return [
    `INSERT OR IGNORE INTO tenants (id, name, created_at) VALUES ('demo', 'Demo', ${now}), ('other', 'Other', ${now})`,
    ...demoKeys.flatMap(({ secret, tenant, user, name, role }) => [
      `INSERT OR IGNORE INTO users (tenant_id, id, name, created_at) VALUES (${text(tenant)}, ${text(user)}, ${text(name)}, ${now})`,
      `INSERT OR IGNORE INTO api_keys (hash, id, tenant_id, user_id, roles, created_at)
       VALUES (${text(sha256(secret))}, ${text(secret.replace('cs_', 'key_'))}, ${text(tenant)}, ${text(user)}, ${text(JSON.stringify([role]))}, ${now})`,
    ]),
  ]
}

const namedClaims = ['clm_9f2a3b4c', 'clm_ab5c6d7e', 'clm_cd7e8f9a', 'clm_ef1a2b3c', 'clm_gh2i3j4k']
const people = ['usr_member', 'usr_ana', 'usr_ben', 'usr_chloe', 'usr_dev', 'usr_emma']
const expenses = [
  ['Train to Bern', 'travel', 'CHF', 4250],
  ['Customer dinner', 'meals', 'EUR', 12890],
  ['Mileage, site visit', 'mileage', 'EUR', 3780],
  ['Conference ticket', 'training', 'USD', 59900],
  ['Hotel, two nights', 'travel', 'EUR', 27400],
  ['Replacement keyboard', 'equipment', 'CHF', 8990],
] as const

function claims(now: number): string[] {
  const ids = [
    ...namedClaims,
    ...Array.from({ length: 31 }, (_, index) => `clm_demo${String(index + 1).padStart(4, '0')}`),
  ]
  const policy = JSON.stringify({
    required_approvals: 1,
    approver_roles: ['coordinator', 'admin'],
    allow_self_approval: false,
  })
  return ids.flatMap((id, index) => {
    const [description, type, currency, amount] = expenses[index % expenses.length] as (typeof expenses)[number]
    const claimant = people[index % people.length] as string
    const at = now - (ids.length - index) * 3_600_000
    return [
      `INSERT OR IGNORE INTO approvals (id, tenant_id, kind, status, title, requester_id, created_at, updated_at, policy, votes_needed)
       VALUES (${text(id)}, 'demo', 'claim', 'pending', ${text(description)}, ${text(claimant)}, ${at}, ${at}, ${text(policy)}, 1)`,
      `INSERT OR IGNORE INTO claims (approval_id, tenant_id, description, amount, currency, expense_type)
       VALUES (${text(id)}, 'demo', ${text(description)}, ${amount + index * 35}, ${text(currency)}, ${text(type)})`,
      event(`evt_demo_${id}`, 'claim.submitted', id, claimant, at),
    ]
  })
}

/** A batch that is completed, one to amend and start, one to cancel. */
function batches(now: number): string[] {
  const at = now - 3_600_000
  const later = now + 30 * 86_400_000
  const roles = text('["coordinator"]')
  const waiting = { status: 'pending', at: `${later}, NULL, ${later}`, claim: 'clm_demo0004' }
  const made = [
    { id: 'bat_demo0001', status: 'completed', at: `NULL, ${at}, NULL`, claim: 'clm_unknown' },
    { id: 'bat_demo0002', ...waiting },
    { id: 'bat_demo0003', ...waiting },
  ]
  return made.flatMap(({ id, status, at: times, claim }) => [
    `INSERT OR IGNORE INTO batches (id, tenant_id, coordinator_id, created_by, roles, status, total_claims, rejected_count, write_id, created_at, updated_at, process_at, completed_at, poke_at)
     VALUES (${text(id)}, 'demo', 'usr_coord99', 'usr_coord99', ${roles}, ${text(status)}, 1, ${status === 'completed' ? 1 : 0}, ${text(`wrt_${id}`)}, ${at}, ${at}, ${times})`,
    `INSERT OR IGNORE INTO batch_items (batch_id, position, claim_id) VALUES (${text(id)}, 0, ${text(claim)})`,
    ...(status === 'completed'
      ? [
          `INSERT OR IGNORE INTO batch_results (batch_id, position, claim_id, decision, error, processed_at)
           VALUES (${text(id)}, 0, ${text(claim)}, 'rejected', 'Claim not found', ${at})`,
        ]
      : []),
    event(`evt_demo_${id}`, 'batch.scheduled', id, 'usr_coord99', at),
  ])
}

function changes(now: number): string[] {
  const data = text('{"config":{"threshold":600,"window":"90d"}}')
  const at = now - 86_400_000
  const policy = text(JSON.stringify({ required_approvals: 1, approver_roles: ['admin'], allow_self_approval: false }))
  const pending = [
    { id: 'approval_001', asked: now - 7_200_000, payload: '{"config":{"threshold":650}}' },
    { id: 'approval_002', asked: now - 3_600_000, payload: '{"config":{"window":"60d"}}' },
  ]
  return [
    `INSERT OR IGNORE INTO entity_versions (tenant_id, entity_type, entity_id, version, action, entity_name, data, requested_by, approved_by, write_id, created_at)
     VALUES ('demo', 'qualificationRule', 'qr_001', 1, 'set', 'Credit Score Rule', ${data}, 'usr_admin', 'usr_admin', 'wrt_demo_qr_001', ${at})`,
    `INSERT OR IGNORE INTO entities (tenant_id, entity_type, entity_id, entity_name, data, version, updated_at, updated_by)
     SELECT 'demo', 'qualificationRule', 'qr_001', 'Credit Score Rule', ${data}, 1, ${at}, 'usr_admin'
     WHERE NOT EXISTS (SELECT 1 FROM entity_versions WHERE entity_id = 'qr_001' AND tenant_id = 'demo' AND version > 1)`,
    ...pending.flatMap(({ id, asked, payload }) => [
      `INSERT OR IGNORE INTO approvals (id, tenant_id, kind, status, title, requester_id, subject_type, subject_id, created_at, updated_at, policy, votes_needed)
       VALUES (${text(id)}, 'demo', 'change', 'pending', 'update Credit Score Rule', 'usr_member', 'qualificationRule', 'qr_001', ${asked}, ${asked}, ${policy}, 1)`,
      `INSERT OR IGNORE INTO changes (approval_id, tenant_id, entity_type, entity_id, entity_name, action, payload, requester_name, base_version, applies)
       VALUES (${text(id)}, 'demo', 'qualificationRule', 'qr_001', 'Credit Score Rule', 'update', ${text(payload)}, 'John Doe', 1, 1)`,
      event(`evt_demo_${id}`, 'change.requested', id, 'usr_member', asked),
    ]),
  ]
}

function intents(now: number): string[] {
  const instance = '497f6eca-6276-4993-bfeb-53cbbbba6f08'
  const customer = instance
  const policy = JSON.stringify({
    required_approvals: 1,
    approver_roles: ['service', 'admin'],
    allow_self_approval: true,
  })
  const due = now + 7 * 86_400_000
  const asked = [
    {
      ref: 'APR-7K2M',
      skill: 'payments',
      action: 'refund',
      call: '{"order":"o_1001","amount":49.90,"currency":"EUR"}',
    },
    { ref: 'APR-Q3ZD', skill: 'calendar', action: 'cancel_booking', call: '{"booking":"b_77"}' },
    {
      ref: 'APR-9XW4',
      skill: 'messaging',
      action: 'send_invoice',
      call: '{"invoice":"2026-118","to":"ann@example.com"}',
    },
  ]
  return asked.flatMap(({ ref, skill, action, call }, index) => {
    const id = `int_demo${index + 1}`
    const at = now - (asked.length - index) * 600_000
    return [
      `INSERT OR IGNORE INTO approvals (id, tenant_id, kind, status, title, requester_id, subject_type, subject_id, created_at, updated_at, due_at, on_due, policy, votes_needed)
       VALUES (${text(id)}, 'demo', 'intent', 'pending', ${text(`${skill}: ${action}`)}, 'usr_service', ${text(`instance:${instance}`)}, ${text(customer)}, ${at}, ${at}, ${due}, 'expire', ${text(policy)}, 1)`,
      `INSERT OR IGNORE INTO intents (approval_id, tenant_id, instance_id, approval_ref, customer_id, action, skill_slug, serialized_intent, approver_role)
       VALUES (${text(id)}, 'demo', ${text(instance)}, ${text(ref)}, ${text(customer)}, ${text(action)}, ${text(skill)}, ${text(call)}, 'customer')`,
      event(`evt_demo_${id}`, 'intent.requested', id, 'usr_service', at),
    ]
  })
}

/** A call that was approved yesterday and replayed. */
function replayed(now: number): string[] {
  const instance = text('497f6eca-6276-4993-bfeb-53cbbbba6f08')
  const at = now - 86_400_000
  const policy = text(
    JSON.stringify({ required_approvals: 1, approver_roles: ['service', 'admin'], allow_self_approval: true }),
  )
  return [
    `INSERT OR IGNORE INTO approvals (id, tenant_id, kind, status, title, requester_id, subject_type, subject_id, created_at, updated_at, due_at, on_due, policy, votes_needed, votes_for, decision_id, decided_by, decided_at)
     VALUES ('int_demo0', 'demo', 'intent', 'approved', 'payments: refund', 'usr_service', 'instance:' || ${instance}, '160c0c4b-9966-4dc1-a916-8407eb10d74e', ${at}, ${at}, ${now}, 'expire', ${policy}, 1, 1, 'dec_demo0', 'ann', ${at})`,
    `INSERT OR IGNORE INTO intents (approval_id, tenant_id, instance_id, approval_ref, customer_id, action, skill_slug, serialized_intent, approver_role, resolver_role, resolution_channel, pin_verified, reported_by)
     VALUES ('int_demo0', 'demo', ${instance}, 'APR-4DN8', '160c0c4b-9966-4dc1-a916-8407eb10d74e', 'refund', 'payments', '{"order":"o_1000","amount":12.50,"currency":"EUR"}', 'customer', 'customer', 'sms', 1, 'usr_service')`,
    `INSERT OR IGNORE INTO votes (approval_id, voter_id, vote, decision_id, voted_at, reported_by) VALUES ('int_demo0', 'ann', 'approve', 'dec_demo0', ${at}, 'usr_service')`,
    `INSERT OR IGNORE INTO outbox (id, tenant_id, instance_id, approval_id, status, approved_at, execute_by, attempt, lease_token, result, finished_at)
     VALUES ('out_demo0001', 'demo', ${instance}, 'int_demo0', 'succeeded', ${at}, ${now}, 1, 'lse_demo0001', '{"refund":"re_77"}', ${at})`,
    event('evt_demo_int_demo0', 'intent.requested', 'int_demo0', 'usr_service', at),
  ]
}

/** Two gates, one of which approves by itself after two days, and what waits at them; and some to try things out with. */
function results(now: number): string[] {
  const policy = JSON.stringify({
    required_approvals: 1,
    approver_roles: ['reviewer', 'admin'],
    allow_self_approval: true,
  })
  const range = 'b2c3d4e5-f6a7-8901-bcde-f12345678901'
  const number = '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c41'
  const checks = [
    [range, 'Amount range check', 'value_range', 'warning', '{"field":"total_amount","max":1000000}'],
    [number, 'Invoice number', 'field_format', 'error', '{"field":"invoice","pattern":"^R-\\\\d+$"}'],
  ] as const
  const unused = [
    '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c44',
    'Due date',
    'required_field',
    'error',
    '{"field":"due"}',
  ] as const
  const invoices = '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c42'
  const receipts = '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c43'
  const drafts = '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c45'
  const tooMuch = '{"field":"total_amount","value":1500000,"max":1000000}'
  const misformed = '{"field":"invoice","value":"?","pattern":"^R-\\\\d+$"}'
  /** What each of the two checks said, in their order: why it failed, or null where it passed. */
  const waiting = [
    {
      id: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
      gate: invoices,
      at: Date.UTC(2024, 8, 14, 12, 5),
      data: '{"invoice":"R-17","total_amount":1500000}',
      items: ['d4e5f6a7-b8c9-0123-defa-234567890123', '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c61'],
      said: [tooMuch, null],
    },
    {
      id: '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c51',
      gate: invoices,
      at: now - 7_200_000,
      data: '{"invoice":"?","total_amount":1500000}',
      items: ['01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c62', '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c63'],
      said: [tooMuch, misformed],
    },
    {
      id: '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c52',
      gate: receipts,
      at: now - 3_600_000,
      data: '{"invoice":"?","total_amount":420}',
      items: ['01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c64', '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c65'],
      said: [null, misformed],
    },
  ]
  return [
    ...[...checks, unused].map(
      ([id, name, type, severity, config], order) =>
        `INSERT OR IGNORE INTO checks (id, tenant_id, name, type, severity, config, is_active, sort_order, created_at, updated_at)
         VALUES (${text(id)}, 'demo', ${text(name)}, ${text(type)}, ${text(severity)}, ${text(config)}, 1, ${order}, ${now}, ${now})`,
    ),
    ...[
      [invoices, 'Invoices', 'NULL'],
      [receipts, 'Receipts', '48'],
      [drafts, 'Drafts', 'NULL'],
      ['01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c46', 'Old drafts', 'NULL'],
    ].map(
      ([id, name, hours]) =>
        `INSERT OR IGNORE INTO gates (id, tenant_id, name, check_ids, on_approve, on_reject, auto_approve_after_hours, queue_warnings, is_active, created_at, updated_at)
         VALUES (${text(id!)}, 'demo', ${text(name!)}, ${text(JSON.stringify([range, number]))}, '{"type":"none"}', '{"type":"none"}', ${hours}, 1, 1, ${now}, ${now})`,
    ),
    ...['01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c47', '01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c48'].map(
      (id) => `INSERT OR IGNORE INTO gate_rules (id, tenant_id, gate_id, type, config, created_at, updated_at)
        VALUES (${text(id)}, 'demo', ${text(drafts)}, 'min_confidence', '{"threshold":0.9}', ${now}, ${now})`,
    ),
    ...waiting.flatMap(({ id, gate, at, data, items, said }) => [
      `INSERT OR IGNORE INTO approvals (id, tenant_id, kind, status, title, requester_id, subject_type, subject_id, created_at, updated_at, due_at, on_due, policy, votes_needed)
       VALUES (${text(id)}, 'demo', 'result', 'pending', ${text(gate === invoices ? 'Invoices: result' : 'Receipts: result')}, 'usr_service', 'gate', ${text(gate)}, ${at}, ${at},
         ${gate === invoices ? 'NULL, NULL' : `${at + 48 * 3_600_000}, 'approve'`}, ${text(policy)}, 1)`,
      `INSERT OR IGNORE INTO results (approval_id, tenant_id, gate_id, data, queued_items, created_at)
       VALUES (${text(id)}, 'demo', ${text(gate)}, ${text(data)}, ${said.filter(Boolean).length}, ${at})`,
      ...checks.map(([check, name, type, severity], n) => {
        const details = said[n] ?? null
        const failed = details === null ? 0 : 1
        return `INSERT OR IGNORE INTO check_results (id, tenant_id, result_id, gate_id, check_id, check_name, type, severity, passed, queued, details, position, created_at)
         VALUES (${text(items[n]!)}, 'demo', ${text(id)}, ${text(gate)}, ${text(check)}, ${text(name)}, ${text(type)}, ${text(severity)}, ${1 - failed}, ${failed},
           ${details === null ? 'NULL' : text(details)}, ${n}, ${at})`
      }),
      event(`evt_demo_${id}`, 'result.queued', id, 'usr_service', at),
    ]),
  ]
}

function event(id: string, type: string, subject: string, actor: string, at: number): string {
  return `INSERT INTO events (id, tenant_id, type, subject_id, actor_id, at, to_status)
    SELECT ${text(id)}, 'demo', ${text(type)}, ${text(subject)}, ${text(actor)}, ${at}, 'pending'
    WHERE NOT EXISTS (SELECT 1 FROM events WHERE subject_id = ${text(subject)} AND id = ${text(id)})`
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

function sha256(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}
