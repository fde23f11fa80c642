import { uuidv7 } from 'uuidv7'
import { isOpened } from '../approvals/approvals.store.ts'
import { noPolicies, underPolicies, type Book } from '../approvals/book.ts'
import { digestOf } from '../approvals/digest.ts'
import { open, openApproved, type Opening } from '../approvals/open.ts'
import { termsOf, type Terms } from '../approvals/terms.ts'
import { markOn } from '../approvals/mark.store.ts'
import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'
import { hour } from '../durations.ts'
import { answeredBefore, onceIf } from '../idempotency/once.ts'
import { newId } from '../ids.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import { evaluate, type Finding } from './evaluate.ts'
import { isUnchanged } from './gates.store.ts'
import type { Reported } from './judge.ts'
import { JsonReader } from '../json-reader.ts'
import { loadGate, type LoadedGate } from './load-gate.ts'
import { resultKind, whatResulted } from './result-kind.ts'
import { insertResult, setOff, type CheckResult, type Result } from './results.store.ts'

/** Who a result says it was approved by that its gate let pass. */
export const gatekeeper = 'system:gate'

/** How often a gate may change under one submission before it gives up. */
const tries = 5

/** What is submitted. */
export interface NewResult {
  gate_id: string
  /** The JSON text of an object. */
  data: string
  /** 0–1. */
  confidence: number | null
  reported: readonly (Reported & { check_id: string })[]
  external_ref: string | null
}

/** A result with what each check and each rule said of it. */
export interface JudgedResult {
  result: Result
  checks: CheckResult[]
}

/**
 * Judges a result and stores it: approved where nothing holds it up, else pending for a person or the clock. It is
 * stored only if the gate is still what it was judged by; otherwise it is judged again.
 *
 * @throws Refusal `not_found`, `gate_inactive`, `invalid_input` where an outcome is reported of a check that has none
 *   to report
 */
export async function submitResult(ctx: Ctx, asked: NewResult): Promise<JudgedResult> {
  try {
    return await judgeAndStore(ctx, asked)
  } catch (error) {
    const first = error instanceof Refusal ? await answeredBefore<JudgedResult>(ctx) : null
    if (first) return first
    throw error
  }
}

async function judgeAndStore(ctx: Ctx, asked: NewResult): Promise<JudgedResult> {
  const id = uuidv7()
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const gate = await loadGate(ctx, asked.gate_id, attempt > 0)
    const stored = await underPolicies(ctx, [ctx.actor.userId], async (book) => {
      const { terms, ...judged } = await judgeAt(ctx, book, gate, asked, id)
      return onceIf(ctx, judged, await store(ctx, book, gate, judged, terms, asked.data), isOpened(id))
    })
    if (stored) return stored
  }
  throw new Refusal('storage_unavailable', `The gate ${asked.gate_id} was being changed all the while; try again.`)
}

async function judgeAt(
  ctx: Ctx,
  book: Book,
  gate: LoadedGate,
  asked: NewResult,
  id: string,
): Promise<JudgedResult & { terms: Terms }> {
  const faults = misreportedAt(gate, asked.reported)
  if (faults.length > 0) throw invalidInput(faults)
  const reported = new Map(asked.reported.map((one) => [one.check_id, one]))
  const plain: unknown = JSON.parse(asked.data)
  const outcomes = evaluate(gate, { data: new JsonReader(asked.data), plain, confidence: asked.confidence, reported })
  const queued = outcomes.filter((outcome) => outcome.queued).length
  const hours = gate.auto_approve_after_hours
  const isHeld = queued > 0
  const requester = ctx.actor.userId
  const what = whatResulted(asked)
  const question = { id, kind: resultKind.kind, revision: 1, title: titleOf(gate, asked), requester, what }
  const clocks = hours === null ? [] : [{ due_at: ctx.now + hours * hour, on_due: 'approve' as const }]
  const terms = termsOf(
    isHeld ? book : noPolicies,
    resultKind,
    { what, requester, clocks: isHeld ? clocks : [] },
    ctx.now,
  )
  const { policy_version_id, votes_needed, due_at, on_due } = terms
  const result: Result = {
    id,
    status: isHeld ? 'pending' : 'approved',
    digest: await digestOf(question),
    gate_id: gate.id,
    confidence: asked.confidence,
    external_ref: asked.external_ref,
    queued_items: queued,
    requester_id: requester,
    created_at: ctx.now,
    due_at,
    on_due,
    policy_version_id,
    votes_needed,
    votes_for: 0,
    decided_by: isHeld ? null : gatekeeper,
    decided_at: isHeld ? null : ctx.now,
    comment: null,
    version: 1,
  }
  return { result, terms, checks: outcomes.map((outcome, position) => item(ctx, id, outcome, position)) }
}

function titleOf({ name }: LoadedGate, { external_ref }: Pick<NewResult, 'external_ref'>): string {
  return `${name}: ${external_ref ?? 'result'}`
}

function item(ctx: Ctx, result_id: string, outcome: Finding, position: number): CheckResult {
  return {
    ...outcome,
    id: uuidv7(),
    result_id,
    passed: outcome.passed ? 1 : 0,
    queued: outcome.queued ? 1 : 0,
    details: outcome.details && JSON.stringify(outcome.details),
    position,
    created_at: ctx.now,
    cleared_at: null,
  }
}

async function store(
  ctx: Ctx,
  book: Book,
  gate: LoadedGate,
  { result, checks }: JudgedResult,
  terms: Terms,
  data: string,
): Promise<Statement[]> {
  const opening: Opening = {
    id: result.id,
    title: titleOf(gate, result),
    requester_id: ctx.actor.userId,
    subject: { type: 'gate', id: gate.id },
    what: whatResulted({ ...result, data }),
    digest: result.digest,
    terms,
  }
  const guard = isUnchanged(ctx, gate.revision)
  const facts = insertResult(ctx, result, data, checks)
  if (result.status === 'pending') return [...(await open(ctx, book, resultKind, 'queued', [opening], guard)), ...facts]
  const decisionId = newId('dec')
  const asGate = { ...ctx, actor: { ...ctx.actor, userId: gatekeeper } }
  return [
    ...(await openApproved(asGate, resultKind, opening, decisionId, guard)),
    ...facts,
    setOff(ctx, markOn(result.id, decisionId)),
  ]
}

/** What is reported that this gate does not take; nothing where there is no such gate. */
export async function faultsOfReported(ctx: Ctx, { gate_id, reported }: Reports): Promise<Fault[]> {
  if (reported.length === 0) return []
  const gate = await loadGate(ctx, gate_id, false).catch((error: unknown) => {
    if (error instanceof Refusal) return null
    throw error
  })
  return gate ? misreportedAt(gate, reported) : []
}

interface Reports {
  gate_id: string
  reported: readonly { check_id: string }[]
}

/** An outcome is reported of a `reported` check of this gate, once. */
function misreportedAt(gate: LoadedGate, reported: Reports['reported']): Fault[] {
  const takes = new Set(gate.checks.filter(({ type }) => type === 'reported').map(({ id }) => id))
  return reported.flatMap(({ check_id }, index) => {
    const isFirst = reported.findIndex((one) => one.check_id === check_id) === index
    if (takes.has(check_id) && isFirst) return []
    const message = takes.has(check_id) ? 'is reported twice' : `is no active check of type reported at this gate`
    return [{ in: 'body' as const, pointer: `/reported/${index}/check_id`, message, type: 'value_error' }]
  })
}
