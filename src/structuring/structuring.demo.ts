import { demoApproval, demoTenant, insert, type Demo } from '../approvals/approvals.demo.ts'
import { hour } from '../durations.ts'
import { whatResulted } from './result-kind.ts'

/**
 * Two gates, one of which approves by itself after two days, the results that wait at them, and a few more to
 * experiment with.
 */
export const demo: Demo = { kind: 'result', statements: async (now) => [...gates(now), ...(await results(now))] }

/** The ids of whatever the reference does not name; they differ only in the last digits. */
const demoId = (end: string) => `01998f2c-7a4e-7cc1-8f25-9d4a6f0b2c${end}`

const invoices = { id: demoId('42'), name: 'Invoices', hours: null }
const receipts = { id: demoId('43'), name: 'Receipts', hours: 48 }
const drafts = { id: demoId('45'), name: 'Drafts', hours: null }
const oldDrafts = { id: demoId('46'), name: 'Old drafts', hours: null }

const range = {
  id: 'b2c3d4e5-f6a7-8901-bcde-f12345678901',
  name: 'Amount range check',
  type: 'value_range',
  severity: 'warning',
  config: '{"field":"total_amount","max":1000000}',
}
const number = {
  id: demoId('41'),
  name: 'Invoice number',
  type: 'field_format',
  severity: 'error',
  config: '{"field":"invoice","pattern":"^R-\\\\d+$"}',
}
const unused = {
  id: demoId('44'),
  name: 'Due date',
  type: 'required_field',
  severity: 'error',
  config: '{"field":"due"}',
}

function gates(now: number): string[] {
  const made = { tenant_id: demoTenant, created_at: now, updated_at: now }
  return [
    ...[range, number, unused].map((check, order) =>
      insert('checks', { ...check, ...made, is_active: 1, sort_order: order }),
    ),
    ...[invoices, receipts, drafts, oldDrafts].map(({ id, name, hours }) =>
      insert('gates', {
        id,
        name,
        ...made,
        check_ids: JSON.stringify([range.id, number.id]),
        on_approve: '{"type":"none"}',
        on_reject: '{"type":"none"}',
        auto_approve_after_hours: hours,
        queue_warnings: 1,
        is_active: 1,
      }),
    ),
    ...[demoId('47'), demoId('48')].map((id) =>
      insert('gate_rules', {
        id,
        gate_id: drafts.id,
        ...made,
        type: 'min_confidence',
        config: '{"threshold":0.9}',
      }),
    ),
  ]
}

/** The outcome of each of the two checks, in their order: why it failed, or null if it passed. */
type Said = readonly { item: string; details: string | null }[]

const tooMuch = '{"field":"total_amount","value":1500000,"max":1000000}'
const misformed = '{"field":"invoice","value":"?","pattern":"^R-\\\\d+$"}'

async function results(now: number): Promise<string[]> {
  return [
    ...(await result('a1b2c3d4-e5f6-7890-abcd-ef1234567890', invoices, {
      at: Date.UTC(2024, 8, 14, 12, 5),
      data: '{"invoice":"R-17","total_amount":1500000}',
      said: [
        { item: 'd4e5f6a7-b8c9-0123-defa-234567890123', details: tooMuch },
        { item: demoId('61'), details: null },
      ],
    })),
    ...(await result(demoId('51'), invoices, {
      at: now - 2 * hour,
      data: '{"invoice":"?","total_amount":1500000}',
      said: [
        { item: demoId('62'), details: tooMuch },
        { item: demoId('63'), details: misformed },
      ],
    })),
    ...(await result(demoId('52'), receipts, {
      at: now - hour,
      data: '{"invoice":"?","total_amount":420}',
      said: [
        { item: demoId('64'), details: null },
        { item: demoId('65'), details: misformed },
      ],
    })),
  ]
}

async function result(
  id: string,
  gate: typeof invoices | typeof receipts,
  { at, data, said }: { at: number; data: string; said: Said },
): Promise<string[]> {
  const found = { tenant_id: demoTenant, gate_id: gate.id, created_at: at }
  return [
    ...(await demoApproval({
      id,
      kind: 'result',
      asked: 'queued',
      title: `${gate.name}: result`,
      requester: 'usr_service',
      at,
      subject: { type: 'gate', id: gate.id },
      ...(gate.hours !== null && { due: { at: at + gate.hours * hour, on: 'approve' } }),
      what: whatResulted({ gate_id: gate.id, data, confidence: null, external_ref: null }),
    })),
    insert('results', { ...found, approval_id: id, data, queued_items: said.filter(({ details }) => details).length }),
    ...[range, number].map(({ id: check_id, name: check_name, type, severity }, position) => {
      const { item, details } = said[position]!
      const passed = details === null ? 1 : 0
      const verdict = { passed, queued: 1 - passed, details, position }
      return insert('check_results', {
        id: item,
        ...found,
        result_id: id,
        check_id,
        check_name,
        type,
        severity,
        ...verdict,
      })
    }),
  ]
}
