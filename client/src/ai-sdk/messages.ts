import type { ModelMessage } from 'ai'
import type { Standing } from './standing.ts'

/** A call as a model makes it. */
export interface ToolCall {
  toolCallId: string
  toolName: string
  input: unknown
}

/**
 * What stands behind the id of a call, and of a question, that was approved with other arguments: providers take
 * letters, digits, _ and -, and some of them 40 characters.
 */
const edited = '_edited'
/** That, and what stood there in conversations that were kept before. */
const editedEnds = [edited, '~edited']

/** Whose approval a call goes by: its own, or that of the call which was approved with other arguments. */
export function askedAs(toolCallId: string): string {
  const end = editedEnds.find((one) => toolCallId.endsWith(one)) ?? ''
  return toolCallId.slice(0, toolCallId.length - end.length)
}

function assistantParts(messages: readonly ModelMessage[]) {
  return messages.flatMap(({ role, content }) => (role === 'assistant' && typeof content !== 'string' ? content : []))
}

/** The calls in a conversation. */
export function callsIn(messages: readonly ModelMessage[]): ToolCall[] {
  return assistantParts(messages).filter((part) => part.type === 'tool-call')
}

/**
 * Results come right behind the message with their calls: the SDK runs what is answered later, and then throws, so that
 * nobody learns what came of it.
 *
 * @throws Error where something else is said behind a call
 */
export function refuseIfBuried(messages: readonly ModelMessage[], calls: readonly ToolCall[]): void {
  for (const { toolCallId, toolName } of calls) {
    const at = messages.findLastIndex((message) => callsIn([message]).some((call) => call.toolCallId === toolCallId))
    const behind = messages.slice(at + 1)
    const later = behind.find(({ role }) => role === 'user' || role === 'system')
    if (later && !hasResult(behind, toolCallId)) {
      throw new Error(
        `${toolName} (${toolCallId}) is still open, and a ${later.role} message is behind it: nothing was run. ` +
          'Resume without that message, and add it behind the results.',
      )
    }
  }
}

function hasResult(messages: readonly ModelMessage[], toolCallId: string): boolean {
  const parts = messages.flatMap(({ role, content }) => (role === 'tool' ? content : []))
  return parts.some((part) => part.type === 'tool-result' && part.toolCallId === toolCallId)
}

/**
 * The messages with an answer to each question that is open; null while one of them is not decided. A call
 * that was approved with other arguments gets a call with those beside it: the one that was asked about never runs.
 *
 * @throws Error where something else is said behind a question
 */
export async function answersTo(
  messages: ModelMessage[],
  standingOf: (call: ToolCall) => Promise<Standing>,
): Promise<ModelMessage[] | null> {
  const answered = new Set(
    messages.flatMap(({ role, content }) =>
      role === 'tool' ? content.map((part) => (part.type === 'tool-result' ? part.toolCallId : part.approvalId)) : [],
    ),
  )
  const calls = new Map(callsIn(messages).map((call) => [call.toolCallId, call]))
  const open = assistantParts(messages).filter(
    (part) => part.type === 'tool-approval-request' && !answered.has(part.approvalId) && !answered.has(part.toolCallId),
  ) as { approvalId: string; toolCallId: string }[]
  if (open.length === 0) return messages
  const asked = open.map(({ toolCallId }) => calls.get(toolCallId)!)
  refuseIfBuried(messages, asked)
  const standings = await Promise.all(asked.map(standingOf))
  if (standings.some(({ is }) => is === 'pending')) return null

  const added: unknown[] = []
  const content = open.flatMap(({ approvalId, toolCallId }, index) => {
    const { is, reason, edited: input } = standings[index]!
    const answer = { type: 'tool-approval-response', approvalId, approved: is === 'approved', reason } as const
    if (input === undefined) return [answer]
    const [again, question] = [toolCallId + edited, approvalId + edited]
    added.push({ type: 'tool-call', toolCallId: again, toolName: calls.get(toolCallId)!.toolName, input })
    added.push({ type: 'tool-approval-request', approvalId: question, toolCallId: again })
    return [answer, { ...answer, approvalId: question, approved: true }]
  })
  return merged([...withAdded(messages, added), { role: 'tool', content }])
}

/** Calls go into the message that has those which they stand for, so that all their results come behind one message. */
function withAdded(messages: ModelMessage[], added: readonly unknown[]): ModelMessage[] {
  if (added.length === 0) return messages
  const at = messages.findLastIndex(({ role }) => role === 'assistant')
  const { content } = messages[at] as { content: unknown[] }
  return messages.with(at, { ...messages[at], content: [...content, ...added] } as ModelMessage)
}

/** Answers join the results that other calls of the same message have already. */
function merged(messages: ModelMessage[]): ModelMessage[] {
  const [before, last] = messages.slice(-2)
  if (before?.role !== 'tool' || last?.role !== 'tool') return messages
  return [...messages.slice(0, -2), { role: 'tool', content: [...before.content, ...last.content] }]
}
