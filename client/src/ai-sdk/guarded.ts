import type { ToolSet } from 'ai'
import type { Guard } from '../ai-sdk.ts'
import { isCountersignError, passes } from '../problem.ts'
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
    let output: unknown
    try {
      output = await last(execute(input as never, options))
    } catch (error) {
      await taken.failed(error)
      throw error
    }
    await taken.succeeded(output)
    return output
  }

  async function* streamed(input: unknown, options: Options): AsyncGenerator<unknown> {
    const taken = await takeUp(guard, callOf(input, options))
    // So it is where whoever reads it stops: it is told to end, and nobody knows how far it has got.
    let report = () => taken.failed(new Error('It was stopped before its end.'))
    try {
      let latest: unknown
      for await (const output of execute(input as never, options) as AsyncIterable<unknown>) yield (latest = output)
      report = () => taken.succeeded(latest)
    } catch (error) {
      report = () => taken.failed(error)
      throw error
    } finally {
      await report()
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
  const { client, result, onUnreported } = guard
  const succeeded = async (output: unknown) => {
    const outcome = 'succeeded'
    if (!result) return void (await client.report(id, { outcome }))
    try {
      await client.report(id, { outcome, result: asJson(result(output, call)) })
    } catch (error) {
      // Where it is the result that cannot be sent, how it went can.
      if (!passes(error)) await client.report(id, { outcome }).catch(() => undefined)
      throw error
    }
  }
  const failed = async (error: unknown) => void (await client.report(id, { outcome: 'failed', error: saidOf(error) }))
  const telling = (error: unknown) => onUnreported?.(error, call)
  return {
    succeeded: (output) => succeeded(output).catch(telling),
    failed: (error) => failed(error).catch(telling),
  }
}

/** As long as the service takes what is said of a failure. */
const longestError = 2000

/** What is reported of a failure: whole characters, of which one sees some. */
function saidOf(error: unknown): string {
  const said = textOf(error)
    .slice(0, longestError)
    .replace(/[\uD800-\uDBFF]$/, '')
    .replace(/\p{Surrogate}/gu, '\uFFFD')
  return /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u.test(said) ? said : 'unknown'
}

function textOf(error: unknown): string {
  try {
    return String(error ?? '')
  } catch {
    return ''
  }
}

const unasked: Taken = { succeeded: async () => undefined, failed: async () => undefined }
