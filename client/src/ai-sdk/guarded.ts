import type { ToolSet } from 'ai'
import type { Guard } from '../ai-sdk.ts'
import { isCountersignError } from '../problem.ts'
import { asJson } from './json.ts'
import type { ToolCall } from './messages.ts'
import { lookUp } from './standing.ts'

type Tool = ToolSet[string]
type Execute = NonNullable<Tool['execute']>
type Options = Parameters<Execute>[1]

/** Executions that take up an approval first. */
const known = new WeakSet<Execute>()

/** Whether a tool takes up its approval before it runs. */
export function isGuarded(tool: Tool | undefined): boolean {
  return tool?.execute !== undefined && known.has(tool.execute)
}

/** @throws TypeError where a tool does not run here, so that nobody could take up its approval */
export function guarded<Tools extends ToolSet>(tools: Tools, guard: Guard): Tools {
  const entries = Object.entries(tools).map(([toolName, tool]) => {
    if (!tool.execute) throw new TypeError(`${toolName} has no execute: nothing here could take up its approval.`)
    return [toolName, { ...tool, execute: executing(toolName, tool.execute, guard) }]
  })
  return Object.fromEntries(entries) as Tools
}

/** The same execution behind its approval; one that streams goes on doing so. */
function executing(toolName: string, execute: Execute, guard: Guard): Execute {
  const callOf = (input: unknown, { toolCallId }: Options): ToolCall => ({ toolName, toolCallId, input })

  async function whole(input: unknown, options: Options): Promise<unknown> {
    const taken = await takeUp(guard, callOf(input, options))
    try {
      const output = await last(execute(input as never, options))
      await taken.succeeded(output)
      return output
    } catch (error) {
      await taken.failed(error)
      throw error
    }
  }

  async function* streamed(input: unknown, options: Options): AsyncGenerator<unknown> {
    const taken = await takeUp(guard, callOf(input, options))
    try {
      let latest: unknown
      for await (const output of execute(input as never, options) as AsyncIterable<unknown>) yield (latest = output)
      await taken.succeeded(latest)
    } catch (error) {
      await taken.failed(error)
      throw error
    }
  }

  const isStream = execute.constructor.name === 'AsyncGeneratorFunction'
  const behind = (isStream ? streamed : whole) as Execute
  known.add(behind)
  return behind
}

/** The output of an execution; of one that streams, the last. */
async function last(output: unknown): Promise<unknown> {
  const value = await output
  if (typeof value !== 'object' || value === null || !(Symbol.asyncIterator in value)) return value
  let latest: unknown
  for await (const one of value as AsyncIterable<unknown>) latest = one
  return latest
}

/** An approval that is this execution's alone; what comes of it is reported. */
interface Taken {
  succeeded(output: unknown): Promise<void>
  failed(error: unknown): Promise<void>
}

/** @throws Error where the call may not run, or another execution has taken its approval up */
async function takeUp(guard: Guard, call: ToolCall): Promise<Taken> {
  if (guard.when && !guard.when(call)) return unasked
  const { is, reason, request, digest } = await lookUp(guard, call, { mayAsk: false })
  if (is !== 'approved' || !request || !digest) throw new Error(`Not executed. ${reason}`)
  const { id } = request
  try {
    await guard.client.redeem({ id, digest })
  } catch (error) {
    throw isCountersignError(error) ? new Error(`Not executed. ${error.detail}`, { cause: error }) : error
  }
  const report = async (outcome: () => Parameters<typeof guard.client.report>[1]) => {
    try {
      await guard.client.report(id, outcome())
    } catch (error) {
      guard.onUnreported?.(error, call)
    }
  }
  return {
    succeeded: (output) =>
      report(() => ({
        outcome: 'succeeded',
        ...(guard.result && { result: asJson(guard.result(output, call)) }),
      })),
    failed: (error) => report(() => ({ outcome: 'failed', error: String(error).slice(0, 2000) })),
  }
}

const unasked: Taken = { succeeded: async () => undefined, failed: async () => undefined }
