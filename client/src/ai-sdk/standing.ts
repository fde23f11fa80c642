import type { Guard } from '../ai-sdk.ts'
import type { ApprovalRequest, NewRequest } from '../client.ts'
import { isCountersignError } from '../problem.ts'
import { asJson, isSameJson } from './json.ts'
import { askedAs, type ToolCall } from './messages.ts'

/** How a call is asked about, beside what it is. */
export type Ask = Partial<Omit<NewRequest, 'details' | 'external_ref'>>

/** Where a call stands: whether it may run now, may yet, or may not. */
export interface Standing {
  is: 'approved' | 'pending' | 'denied'
  /** For the model, and whoever reads along. */
  reason: string
  /** What was asked, if anything was. */
  request?: ApprovalRequest
  /** The digest of what was approved. */
  digest?: string
  /** The arguments that were approved, where those are others than were asked about. */
  edited?: unknown
}

/**
 * Where a call stands, by what the service says.
 *
 * @param options `mayAsk`: whether it is asked about where it was not
 */
export async function lookUp(guard: Guard, call: ToolCall, { mayAsk }: { mayAsk: boolean }): Promise<Standing> {
  try {
    const request = (await find(guard, call)) ?? (mayAsk ? await ask(guard, call) : null)
    if (request === null) return { is: 'denied', reason: 'Nobody was asked about this call.' }
    return standingOf(request, call, guard)
  } catch (error) {
    if (!isCountersignError(error, ...refusalsOfCalls)) throw error
    return { is: 'denied', reason: `Nobody can be asked about this call. ${error.detail}` }
  }
}

/** What the service refuses because of one call's arguments, which its model may mend. */
const refusalsOfCalls = ['invalid_input', 'body_too_large', 'policy_needs_member'] as const

function standingOf(request: ApprovalRequest, call: ToolCall, { client }: Guard): Standing {
  const { id, status, digest, redemption, decided_by, comment, approved_details, approved_digest } = request
  const denied = (reason: string): Standing => ({ is: 'denied', reason, request })
  const details = (approved_details ?? request.details) as { tool?: unknown; input?: unknown } | null
  const isAskedAbout = isSameJson(details, detailsOf(call))
  if (status === 'pending' && isAskedAbout) {
    return { is: 'pending', reason: `Waits for a person: ${client.urlOf(id)}`, request }
  }
  if (status === 'pending') return denied(`Other arguments are asked about as ${id}.`)
  if (status !== 'approved') {
    const by = decided_by === null ? '' : ` by ${decided_by}`
    return denied(`${id} is ${status}${by}${comment === null ? '.' : `: ${comment}`}`)
  }
  if (redemption?.state === 'redeemed') {
    const { redeemed_at, outcome } = redemption
    return denied(
      `${id} was redeemed at ${redeemed_at}, and ${outcome ?? 'nobody knows how it went'}: it is not done again.`,
    )
  }
  if (redemption?.state !== 'open') return denied(`${id} was approved, and is ${redemption?.state} by now.`)
  if (isAskedAbout) {
    return { is: 'approved', reason: `Approved as ${id}.`, request, digest: approved_digest ?? digest }
  }
  if (approved_details && details?.tool === call.toolName) {
    return {
      ...denied(`Approved as ${id} with other arguments: ${JSON.stringify(details.input)}.`),
      edited: details.input,
    }
  }
  return denied(`Other arguments were approved as ${id}.`)
}

/** What was asked about a call; null where nothing was. */
async function find(guard: Guard, call: ToolCall): Promise<ApprovalRequest | null> {
  return guard.client.find(await refOf(guard, call))
}

async function ask(guard: Guard, call: ToolCall): Promise<ApprovalRequest | null> {
  const { thread, client, ask } = guard
  const asked = {
    type:
      call.toolName
        .toLowerCase()
        .replace(/[^a-z0-9_.-]/g, '-')
        .replace(/^[^a-z0-9]+/, '')
        .slice(0, 64) || 'tool',
    title: `Run ${call.toolName}`.slice(0, 200),
    state: thread,
    ...ask?.(call),
    details: detailsOf(call),
    external_ref: await refOf(guard, call),
  }
  try {
    return await client.request(asked)
  } catch (error) {
    // Another process has come first.
    if (isCountersignError(error, 'duplicate_external_ref')) return find(guard, call)
    throw error
  }
}

function detailsOf({ toolName, input }: ToolCall) {
  return { tool: toolName, input: asJson(input) }
}

/** What a call is asked under: the same in every process, and as long as a reference may be at the most. */
async function refOf({ thread }: Guard, call: ToolCall): Promise<string> {
  const name = JSON.stringify([thread, askedAs(call.toolCallId)])
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name)))
  return `ai-sdk:${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
