import { MockLanguageModelV4 } from 'ai/test'

type Options = Parameters<MockLanguageModelV4['doGenerate']>[0]
type Result = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>>

/**
 * Stands in for a language model, so that the examples run without one: it wants to pay what it is told to, and then
 * says what came of it. `anthropic('claude-…')` or `openai('gpt-…')` goes in its place.
 */
export const model = new MockLanguageModelV4({ doGenerate: async (options) => ({ ...about, ...next(options) }) })

const none = { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0, text: 0, reasoning: 0 }
const about = { usage: { inputTokens: none, outputTokens: none }, warnings: [] } satisfies Partial<Result>

function next({ prompt }: Options): Pick<Result, 'content' | 'finishReason'> {
  const last = prompt.at(-1)
  if (last?.role === 'tool') {
    const text = last.content.map((part) => (part.type === 'tool-result' ? JSON.stringify(part.output) : '')).join('\n')
    return { content: [{ type: 'text', text }], finishReason: { unified: 'stop', raw: undefined } }
  }
  const text = last?.role === 'user' && last.content[0]?.type === 'text' ? last.content[0].text : ''
  const [, amount, order] = /Pay (\d+) for (\S+),/.exec(text) ?? []
  const input = JSON.stringify({ order, amount: Number(amount) })
  return {
    content: [{ type: 'tool-call', toolCallId: `call_${order}`, toolName: 'pay', input }],
    finishReason: { unified: 'tool-calls', raw: undefined },
  }
}
