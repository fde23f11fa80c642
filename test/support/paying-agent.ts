import { generateText, tool, type ModelMessage } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { z } from 'zod'
import type { Countersign } from '../../client/src/index.ts'
import { countersign, type Guard } from '../../client/src/ai-sdk.ts'

type Result = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>>

/** An agent that may pay, with a model that does as it is told, and a count of what it has paid. */
export interface PayingAgent {
  /** What `pay` was carried out with. */
  paid: unknown[]
  /** What the model is to answer next: calls of `pay` by their ids, or text. */
  next: (...answers: (Record<string, unknown> | string)[]) => void
  /** Calls the model with the messages, and adds what is said. */
  run(messages: ModelMessage[]): Promise<ModelMessage[]>
  resume: ReturnType<typeof countersign>['resume']
  toolApproval: ReturnType<typeof countersign>
}

export function payingAgent(client: Countersign, more: Partial<Guard> = {}): PayingAgent {
  const paid: unknown[] = []
  const answers: (Record<string, unknown> | string)[] = []
  const toolApproval = countersign({ client, thread: crypto.randomUUID(), ...more })
  const inputSchema = z.object({ order: z.string(), amount: z.number() })
  const execute = async (input: z.infer<typeof inputSchema>) => {
    if (input.amount < 0) throw new Error('No negative amounts.')
    paid.push(input)
    return { paid: input.amount }
  }
  const tools = toolApproval.tools({ pay: tool({ inputSchema, execute }) })
  const model = modelAnswering(() => answers.shift() ?? 'Done.')
  return {
    paid,
    toolApproval,
    next: (...more) => void answers.push(...more),
    resume: toolApproval.resume,
    async run(messages) {
      const { responseMessages } = await generateText({ model, messages, tools, toolApproval, maxRetries: 0 })
      return [...messages, ...responseMessages]
    },
  }
}

/** A model of the SDK's own for tests: it answers with text, or with calls of `pay`, their arguments by their ids. */
export function modelAnswering(next: () => Record<string, unknown> | string): MockLanguageModelV4 {
  const none = { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0, text: 0, reasoning: 0 }
  const about = { usage: { inputTokens: none, outputTokens: none }, warnings: [] } satisfies Partial<Result>
  return new MockLanguageModelV4({
    doGenerate: async () => {
      const answer = next()
      if (typeof answer === 'string') {
        return {
          ...about,
          content: [{ type: 'text', text: answer }],
          finishReason: { unified: 'stop', raw: undefined },
        }
      }
      const content = Object.entries(answer).map(([toolCallId, input]) => {
        return { type: 'tool-call', toolCallId, toolName: 'pay', input: JSON.stringify(input) } as const
      })
      return { ...about, content, finishReason: { unified: 'tool-calls', raw: undefined } }
    },
  })
}
