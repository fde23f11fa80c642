import { demoApproval, demoEvent, demoTenant, insert, type Demo } from '../approvals/approvals.demo.ts'
import { day, hour } from '../durations.ts'
import { whatIsClaimed } from './claim-kind.ts'

const named = ['clm_9f2a3b4c', 'clm_ab5c6d7e', 'clm_cd7e8f9a', 'clm_ef1a2b3c', 'clm_gh2i3j4k']
const people = ['usr_member', 'usr_ana', 'usr_ben', 'usr_chloe', 'usr_dev', 'usr_emma']
const expenses = [
  ['Train to Bern', 'travel', 'CHF', 4250],
  ['Customer dinner', 'meals', 'EUR', 12890],
  ['Mileage, site visit', 'mileage', 'EUR', 3780],
  ['Conference ticket', 'training', 'USD', 59900],
  ['Hotel, two nights', 'travel', 'EUR', 27400],
  ['Replacement keyboard', 'equipment', 'CHF', 8990],
] as const

const nothingMore = { incurred_on: null, distance_km: null, receipt_url: null, external_ref: null }

/** Claims of the last hours; a completed batch, one to amend and start, and one to cancel. */
export const demo: Demo = { kind: 'claim', statements: async (now) => [...(await claims(now)), ...batches(now)] }

async function claims(now: number): Promise<string[]> {
  const unnamed = Array.from({ length: 31 }, (_, index) => `clm_demo${String(index + 1).padStart(4, '0')}`)
  const ids = [...named, ...unnamed]
  const made = ids.map(async (id, index) => {
    const [description, expense_type, currency, amount] = expenses[index % expenses.length]!
    const facts = { description, amount: amount + index * 35, currency, expense_type }
    return [
      ...(await demoApproval({
        id,
        kind: 'claim',
        asked: 'submitted',
        title: description,
        requester: people[index % people.length]!,
        at: now - (ids.length - index) * hour,
        what: whatIsClaimed({ ...nothingMore, ...facts }),
      })),
      insert('claims', { approval_id: id, tenant_id: demoTenant, ...facts }),
    ]
  })
  return (await Promise.all(made)).flat()
}

function batches(now: number): string[] {
  const at = now - hour
  const later = now + 30 * day
  const coordinator = 'usr_coord99'
  const completed = { status: 'completed', rejected_count: 1, completed_at: at }
  const waiting = { status: 'pending', rejected_count: 0, process_at: later, poke_at: later }
  const made = [
    { id: 'bat_demo0001', state: completed, claim_id: 'clm_unknown' },
    { id: 'bat_demo0002', state: waiting, claim_id: 'clm_demo0004' },
    { id: 'bat_demo0003', state: waiting, claim_id: 'clm_demo0004' },
  ]
  return made.flatMap(({ id, state, claim_id }) => [
    insert('batches', {
      id,
      tenant_id: demoTenant,
      coordinator_id: coordinator,
      created_by: coordinator,
      roles: '["coordinator"]',
      total_claims: 1,
      write_id: `wrt_${id}`,
      created_at: at,
      updated_at: at,
      ...state,
    }),
    insert('batch_items', { batch_id: id, position: 0, claim_ids: JSON.stringify([claim_id]) }),
    ...(state === completed
      ? [insert('batch_results', { batch_id: id, position: 0, size: 1, errors, processed_at: at })]
      : []),
    demoEvent('batch.scheduled', id, coordinator, at),
  ])
}

const errors = JSON.stringify(['Claim not found'])
