import type {
  InputRequests,
  McpServer,
  PrimitiveSchemaDefinition,
  RequestStateCodec,
  ServerContext,
} from '@modelcontextprotocol/server'
import type { Sdk } from '../../src/mcp/make-server.ts'
import { text } from './samples.ts'

/** How far whoever calls again has come: what was asked, and what was answered to it. */
export interface Progress {
  step: number
  answers: string[]
}

/** Tools, and a prompt, that ask before they answer: with `input_required`, which needs no connection that stays. */
export function registerQuestions(sdk: Sdk, server: McpServer, states: RequestStateCodec<Progress>): void {
  const { createMessage, elicit, listRoots } = sdk.inputRequired
  const form = (message: string, name: string, kind: PrimitiveSchemaDefinition = { type: 'string' }) =>
    elicit({ message, requestedSchema: { type: 'object', properties: { [name]: kind }, required: [name] } })
  const ask = (said: string) =>
    createMessage({ messages: [{ role: 'user', content: { type: 'text', text: said } }], maxTokens: 100 })
  const name = { user_name: form('What is your name?', 'name') }
  const capital = { capital_question: ask('What is the capital of France?') }
  const roots = { client_roots: listRoots() }
  const sure = { confirm: form('Please confirm', 'ok', { type: 'boolean' }) }

  /** Asks one step after the other, each again until it is answered, and then says all answers. */
  const inSteps = async ({ mcpReq }: ServerContext, steps: readonly InputRequests[]) => {
    const { step, answers } = mcpReq.requestState<Progress>() ?? { step: 0, answers: [] }
    const keys = Object.keys(steps[step]!)
    const given = keys.map((key) => sdk.inputResponse(mcpReq.inputResponses, key))
    const isAnswered = given.every(({ kind }) => kind !== 'missing')
    const now = isAnswered ? { step: step + 1, answers: [...answers, JSON.stringify(given)] } : { step, answers }
    const inputRequests = steps[now.step]
    if (inputRequests === undefined) return now.answers.join('\n')
    return sdk.inputRequired({ inputRequests, requestState: await states.mint(now) })
  }
  const asking = (name: string, steps: (context: ServerContext) => readonly InputRequests[]) =>
    server.registerTool(name, { description: 'Asks first.' }, async (context) => {
      const answer = await inSteps(context, steps(context))
      return typeof answer === 'string' ? { content: [text(answer)] } : answer
    })

  asking('test_input_required_result_elicitation', () => [name])
  asking('test_input_required_result_sampling', () => [capital])
  asking('test_input_required_result_list_roots', () => [roots])
  asking('test_input_required_result_request_state', () => [sure])
  asking('test_input_required_result_tampered_state', () => [sure])
  asking('test_input_required_result_multiple_inputs', () => [{ ...name, ...capital, ...roots }])
  const rounds: InputRequests[] = [
    { step1: form('Step 1: What is your name?', 'name') },
    { step2: form('Step 2: What is your favorite color?', 'color') },
  ]
  asking('test_input_required_result_multi_round', () => rounds)
  asking('test_input_required_result_capabilities', () => {
    const { sampling, elicitation } = server.server.getClientCapabilities() ?? {}
    return [{ ...(sampling && capital), ...(elicitation && name) }]
  })
  asking('test_missing_capability', () => [capital])
  const streamed = { description: 'Asks after it has said something.' }
  server.registerTool('test_streaming_elicitation', streamed, async (context) => {
    const params = { progressToken: 'asking', progress: 1 }
    await context.mcpReq.notify({ method: 'notifications/progress', params })
    const answer = await inSteps(context, [name])
    return typeof answer === 'string' ? { content: [text(answer)] } : answer
  })
  const prompt = { description: 'Asks what it is to be about.' }
  server.registerPrompt('test_input_required_result_prompt', prompt, async (context) => {
    const about = { user_context: form('What context should the prompt use?', 'context') }
    const answer = await inSteps(context, [about])
    return typeof answer === 'string' ? { messages: [{ role: 'user', content: text(answer) }] } : answer
  })
}
