import { markOn } from '../../../src/approvals/mark.store.ts'
import { sql } from '../../../src/db/sql.ts'
import * as check from '../../../src/structuring/checks.store.ts'
import * as gateEvent from '../../../src/structuring/gate-events.store.ts'
import * as gate from '../../../src/structuring/gates.store.ts'
import { checks, gateRules, gates } from '../../../src/structuring/gates.table.ts'
import * as result from '../../../src/structuring/results.store.ts'
import { checkResults, results } from '../../../src/structuring/results.table.ts'
import { ctx, firstPage, gives, holds, laterPage, returns, rowOf, type Samples } from './sample.ts'

const mark = markOn('a', 'd')
const checkColumns = 'id name description type severity config is_active sort_order created_at updated_at'
const gateColumns = [
  'id name description check_ids on_approve on_reject auto_approve_after_hours queue_warnings is_active created_at',
  'updated_at rules',
] as const
const ruleColumns = 'id gate_id type config created_at updated_at'
const resultColumns = [
  'id status digest requester_id created_at due_at on_due decided_by decided_at comment version gate_id confidence external_ref',
  'queued_items policy_version_id votes_needed votes_for',
] as const
const itemColumns =
  'id result_id check_id check_name type severity passed queued details position created_at cleared_at'

const pages = [firstPage, laterPage]
const removed = check.removeCheck(ctx, 'c')
const judging = gate.selectForJudging(ctx, 'g')
const rule = rowOf(gateRules)
const item = { ...rowOf(checkResults), passed: 1, queued: 0 } as const
const resultFilters = [
  {},
  { status: 'pending' },
  { gateId: 'g' },
  { gateId: 'g', status: 'approved' },
  { externalRef: 'r', gateId: 'g', status: 'approved' },
] as const
const pendingFilters = [
  {},
  { gateId: 'g' },
  { severity: 'error' },
  { gateId: 'g', severity: 'error' },
  { resultId: 'a' },
] as const

/** What the stores of checks, gates and results build. */
export const samples: Samples = {
  'structuring/checks.store.ts': {
    insertCheck: check.insertCheck(ctx, rowOf(checks)),
    updateCheck: [
      returns(check.updateCheck(ctx, 'c', {}), 'id'),
      returns(check.updateCheck(ctx, 'c', rowOf(checks), sql`1`), 'id'),
    ],
    removeCheck: [returns(removed.removed, 'id'), removed.gates],
    selectCheck: returns(check.selectCheck(ctx, 'c'), checkColumns),
    selectChecks: pages.map((page) => returns(check.selectChecks(ctx, page), checkColumns)),
    selectKnownChecks: returns(check.selectKnownChecks(ctx, ['c']), 'id bytes'),
    changed: { query: sql`UPDATE gates SET ${check.changed({ name: 'n' })}` },
  },
  'structuring/gate-events.store.ts': {
    recordGate: [
      gateEvent.recordGate(ctx, 'g', {}, {}),
      gateEvent.recordGate(ctx, 'g', {}, { condition: sql`1`, to: 'deleted' }),
    ],
    recordGatesOf: gateEvent.recordGatesOf(ctx, 'c'),
  },
  'structuring/gates.store.ts': {
    refersToKnown: holds(gate.refersToKnown(ctx, ['c'], ['e'])),
    gatesThatName: { statement: { query: gate.gatesThatName('t', 'e') }, columns: ['id'] },
    fitsGates: holds(gate.fitsGates(ctx, 'c', 5), 'checks'),
    selectOvergrown: returns(gate.selectOvergrown(ctx, 'c', 5), 'id bytes'),
    insertGate: gate.insertGate(ctx, rowOf(gates), [rule], sql`1`),
    insertRules: gate.insertRules(ctx, 'g', [rule], 5),
    isGateStored: holds(gate.isGateStored('g')),
    isRuleStored: holds(gate.isRuleStored('r')),
    hasRule: holds(gate.hasRule(ctx, 'g', 'r', ['field_coverage'])),
    updateGate: [
      returns(gate.updateGate(ctx, 'g', {}, sql`1`), 'id'),
      returns(gate.updateGate(ctx, 'g', rowOf(gates), sql`1`), 'id'),
    ],
    removeGate: returns(gate.removeGate(ctx, 'g'), 'id'),
    selectGate: returns(gate.selectGate(ctx, 'g'), ...gateColumns),
    selectGates: pages.map((page) => returns(gate.selectGates(ctx, page), ...gateColumns)),
    updateRule: returns(gate.updateRule(ctx, 'g', 'r', '{}', ['field_coverage']), ruleColumns),
    removeRule: returns(gate.removeRule(ctx, 'g', 'r'), 'id'),
    selectRule: returns(gate.selectRule(ctx, 'g', 'r'), ruleColumns),
    selectForJudging: [
      returns(judging.revised, 'revision'),
      returns(judging.gate, ...gateColumns),
      returns(judging.checks, 'id name type severity config'),
    ],
    isUnchanged: holds(gate.isUnchanged(ctx, 1)),
  },
  'structuring/results.store.ts': {
    insertResult: result.insertResult(ctx, { ...rowOf(results), id: 'a' }, '{}', [item]),
    setOff: result.setOff(ctx, mark),
    behindItem: gives(result.behindItem(ctx, 'a')),
    selectResult: returns(result.selectResult(ctx, 'a'), ...resultColumns),
    selectResultWithData: returns(result.selectResultWithData(ctx, 'a'), ...resultColumns, 'data'),
    selectCheckResults: returns(result.selectCheckResults(ctx, 'a'), itemColumns),
    selectResults: resultFilters.flatMap((filter) =>
      pages.map((page) => returns(result.selectResults(ctx, filter, page), ...resultColumns, 'matches')),
    ),
    selectPending: pendingFilters.flatMap((filter) =>
      pages.map((page) => returns(result.selectPending(ctx, filter, page), itemColumns)),
    ),
    besideResult: gives(result.besideResult, 'approvals a'),
    resultFacts: {
      statement: { query: sql`SELECT f.approval_id FROM ${result.resultFacts} LIMIT 1` },
      columns: ['approval_id'],
    },
    factsOfResult: gives(result.factsOfResult, 'approvals a, results f'),
    shownOfResult: gives(result.shownOfResult, 'approvals a, results f'),
  },
}
