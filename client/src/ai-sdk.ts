import type { ModelMessage, ToolSet } from 'ai'
import { answersTo, callsIn, refuseIfBuried, type ToolCall } from './ai-sdk/messages.ts'
import { lookUp, type Ask, type Standing } from './ai-sdk/standing.ts'
import { guarded, isGuarded } from './ai-sdk/guarded.ts'
import type { Countersign } from './client.ts'
import { passes } from './problem.ts'

export type { ToolCall } from './ai-sdk/messages.ts'
export type { Ask } from './ai-sdk/standing.ts'

/** What stands behind an agent's tool calls. */
export interface Guard {
  client: Countersign
  /**
   * What this conversation is called, in every process that works on it: with the id of a tool call it makes the
   * `external_ref` by which what was asked is found again. It is also the `state` of what is asked.
   */
  thread: string
  /** Which calls are asked about; without it, each of a guarded tool. */
  when?: (call: ToolCall) => boolean
  /** How a call is asked about, beside its arguments; the tool's name is type and title without it. */
  ask?: (call: ToolCall) => Ask
  /** What is reported of an output; without it, only that it succeeded. */
  result?: (output: unknown, call: ToolCall) => unknown
  /** Is told where the outcome of a call, or its result, could not be reported: it has been carried out even so. */
  onUnreported?: (error: unknown, call: ToolCall) => void
}

type Status = { type: 'not-applicable' } | { type: 'user-approval' | 'approved' | 'denied'; reason: string }

/** `toolApproval` of `generateText`, `streamText` and `ToolLoopAgent`, and what goes with it. */
export interface ToolApproval {
  (options: { toolCall: ToolCall; tools: ToolSet | undefined; messages: ModelMessage[] }): Promise<Status>
  /** The same tools, where each execution redeems its approval first, once, and reports how it went. */
  tools<Tools extends ToolSet>(tools: Tools): Tools
  /**
   * The messages with an answer to each open question, to call the model with again: in this process or in another one,
   * as soon as a webhook tells that something was decided. An edited call is answered by a call of its own. Where
   * nothing is open, the messages are as they were.
   *
   * @param options `wait`: how long to wait for the decisions, in milliseconds (0)
   * @returns null while one is not decided
   * @throws Error where a message of the user is behind an open question: it belongs behind the results
   */
  resume(messages: ModelMessage[], options?: { wait?: number; signal?: AbortSignal }): Promise<ModelMessage[] | null>
}

/**
 * Puts a person behind the tool calls of the Vercel AI SDK. A call is asked about when it is first seen. It runs only
 * after somebody has approved exactly its arguments, and once, whatever the messages say, whoever sends them, and
 * whichever process goes on.
 *
 * @example
 *   const toolApproval = countersign({ client, thread: 'order-1001' })
 *   await generateText({ model, messages, tools: toolApproval.tools({ pay }), toolApproval })
 */
export function countersign(guard: Guard): ToolApproval {
  async function toolApproval({ toolCall, tools, messages }: Parameters<ToolApproval>[0]): Promise<Status> {
    if (guard.when && !guard.when(toolCall)) return { type: 'not-applicable' }
    const tool = Object.hasOwn(tools ?? {}, toolCall.toolName) ? tools![toolCall.toolName] : undefined
    if (!isGuarded(tool)) {
      throw new Error(
        `${toolCall.toolName} would run without redeeming its approval: give the SDK toolApproval.tools({ … }).`,
      )
    }
    const isNew = !callsIn(messages).some(({ toolCallId }) => toolCallId === toolCall.toolCallId)
    if (!isNew) refuseIfBuried(messages, [toolCall])
    return statusOf(await lookUp(guard, toolCall, { mayAsk: isNew }), isNew)
  }

  async function resume(messages: ModelMessage[], { wait = 0, signal }: { wait?: number; signal?: AbortSignal } = {}) {
    const until = Date.now() + wait
    return answersTo(messages, async (call) => {
      const standing = await lookUp(guard, call, { mayAsk: false })
      if (standing.is !== 'pending' || !standing.request) return standing
      const isDecided = await decidedWithin(until - Date.now(), guard.client, standing.request.id, signal)
      return isDecided ? lookUp(guard, call, { mayAsk: false }) : standing
    })
  }

  const tools = <Tools extends ToolSet>(tools: Tools): Tools => guarded(tools, guard)
  return Object.assign(toolApproval, { tools, resume })
}

/** The longest that a timer takes, in milliseconds. */
const longestTimerMs = 2 ** 31 - 1

/** Whether what is pending is decided within so many milliseconds; where nobody answers meanwhile, it is not. */
async function decidedWithin(ms: number, client: Countersign, id: string, signal: AbortSignal | undefined) {
  if (ms <= 0) return false
  const over = AbortSignal.timeout(Math.min(Math.ceil(ms), longestTimerMs))
  try {
    const both = signal ? AbortSignal.any([signal, over]) : over
    return (await client.waitForDecision(id, { timeout: ms, signal: both })).status !== 'pending'
  } catch (error) {
    signal?.throwIfAborted()
    if (over.aborted || passes(error)) return false
    throw error
  }
}

function statusOf({ is, reason }: Standing, isNew: boolean): Status {
  if (is === 'approved') return { type: 'approved', reason }
  return { type: is === 'pending' && isNew ? 'user-approval' : 'denied', reason }
}
