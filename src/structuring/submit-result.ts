import { uuidv7 } from 'uuidv7'
import { isOpened } from '../approvals/approvals.store.ts'
import { underPolicies, type Book } from '../approvals/book.ts'
import { open, openApproved, type Opening } from '../approvals/open.ts'
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
    const checks = judgedBy(ctx, gate, asked, id)
    const stored = await underPolicies(ctx, [ctx.actor.userId], async (book) => {
      const { result, statements } = await openResult(ctx, book, gate, asked, checks, id)
      return onceIf(ctx, { result, checks }, statements, isOpened(id))
    })
    if (stored) return stored
  }
  throw new Refusal('storage_unavailable', `The gate ${asked.gate_id} keeps being changed; try again.`)
}

/** What each check and each rule of the gate says of it. */
function judgedBy(ctx: Ctx, gate: LoadedGate, asked: NewResult, id: string): CheckResult[] {
  const faults = misreportedAt(gate, asked.reported)
  if (faults.length > 0) throw invalidInput(faults)
  const reported = new Map(asked.reported.map((one) => [one.check_id, one]))
  const plain: unknown = JSON.parse(asked.data)
  const outcomes = evaluate(gate, { data: new JsonReader(asked.data), plain, confidence: asked.confidence, reported })
  return outcomes.map((outcome, position) => item(ctx, id, outcome, position))
}

/** The result as it is then, and the statements that store it, if the gate is still what it was judged by. */
async function openResult(
  ctx: Ctx,
  book: Book,
  gate: LoadedGate,
  asked: NewResult,
  checks: readonly CheckResult[],
  id: string,
): Promise<{ result: Result; statements: Statement[] }> {
  const { gate_id, confidence, external_ref } = asked
  const facts = { gate_id, confidence, external_ref, queued_items: checks.filter(({ queued }) => queued === 1).length }
  const isHeld = facts.queued_items > 0
  const hours = isHeld ? gate.auto_approve_after_hours : null
  const opening: Opening = {
    id,
    title: `${gate.name}: ${external_ref ?? 'result'}`,
    requester_id: ctx.actor.userId,
    subject: { type: 'gate', id: gate.id },
    what: whatResulted(asked),
    clock: hours === null ? null : { due_at: ctx.now + hours * hour, on_due: 'approve' },
  }
  const guard = isUnchanged(ctx, gate.revision)
  const asGate = { ...ctx, actor: { ...ctx.actor, userId: gatekeeper } }
  const decisionId = newId('dec')
  const { approvals, statements } = isHeld
    ? await open(ctx, book, resultKind, 'queued', [opening], guard)
    : await openApproved(asGate, resultKind, opening, decisionId, guard)
  const result: Result = { ...approvals[0], ...facts }
  const stored = [...statements, ...insertResult(ctx, result, asked.data, checks)]
  return { result, statements: isHeld ? stored : [...stored, setOff(ctx, markOn(id, decisionId))] }
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
    const message = takes.has(check_id) ? 'is reported twice' : 'is not an active check of type reported at this gate'
    return [{ in: 'body' as const, pointer: `/reported/${index}/check_id`, message, type: 'value_error' }]
  })
}
