import type * as SdkModule from '@modelcontextprotocol/server'
import type { McpServer, ServerContext, StandardSchemaWithJSON } from '@modelcontextprotocol/server'
import { faultsOf } from '../http/faults.ts'
import { toRefusal } from '../http/problem.ts'
import { invalidInput, Refusal } from '../refusal.ts'
import { refusals } from '../refusals.ts'
import { loadToolSchemas, type ToolSchemas } from './load-tool-schemas.ts'
import { keptArgument, type Sent } from './sent.ts'
import { tools, type Answer, type Tool, type ToolCtx } from './tools.ts'

/** What is imported when the first message comes. */
export type Sdk = typeof SdkModule

const instructions = `Ask a person before you act, and do exactly what was approved, once. request_approval asks and answers with an
id and a link: give the link to the person. wait_for_decision waits; pending is not an answer, so wait again. When it is approved,
redeem_approval with the approved_digest of that answer right before you act, do exactly what the details it returns say, then
report_outcome. No tool decides: a person does, behind the link.`

/** Whoever stays connected is told of no change: what the tools are, the deployment says. */
const capabilities = { tools: { listChanged: false } }

/** Makes the server that answers one message, with the context of its caller and what was sent. */
export async function makeServer(sdk: Sdk, ctx: ToolCtx, sent: Sent): Promise<McpServer> {
  const schemas = await loadToolSchemas(ctx.env)
  const about = { name: 'countersign', title: 'Countersign', version: '0.1.0' }
  const server = new sdk.McpServer(about, { instructions, capabilities })
  for (const tool of tools) register(sdk, server, tool, schemas[tool.name]!, ctx, sent)
  return server
}

type Shown = ToolSchemas[string]

function register(sdk: Sdk, server: McpServer, tool: Tool, json: Shown, ctx: ToolCtx, sent: Sent): void {
  const { name, title, description, input, output, readOnly, idempotent } = tool
  const hints = { readOnlyHint: readOnly, destructiveHint: false, idempotentHint: idempotent, openWorldHint: false }
  const about = { title, description, annotations: { title, ...hints } }
  const schemas = {
    // What is wrong with it is told as any refusal is, which the SDK would not do.
    inputSchema: asStandardSchema((value) => ({ value }), json.input),
    outputSchema: asStandardSchema(output['~standard'].validate, json.output),
  }
  server.registerTool(name, { ...about, ...schemas }, async (value: unknown, context: ServerContext) => {
    try {
      const message = sent(context.mcpReq.id)
      const given = await input.safeParseAsync(value)
      if (!given.success) throw invalidInput(await faultsOf({ in: 'body', schema: input, sent: value }))
      const kept = keptArgument(message, tool.keeps)
      const answer = await tool.run({ ...ctx, now: Date.now() }, given.data, kept)
      return mayShowLink(server, answer, context) ? showLink(sdk, answer) : shown(answer)
    } catch (error) {
      return refused(error)
    }
  })
}

/** A schema as the SDK wants it: what validates, and its JSON Schema. */
function asStandardSchema(
  validate: StandardSchemaWithJSON['~standard']['validate'],
  json: Shown['input'],
): StandardSchemaWithJSON {
  const shown = () => json
  return { '~standard': { version: 1, vendor: 'zod', validate, jsonSchema: { input: shown, output: shown } } } as never
}

/** Whether the client opens a link for its person, and has not been asked to within this call. */
function mayShowLink(server: McpServer, { waitsAt }: Answer, { mcpReq }: ServerContext): boolean {
  if (waitsAt === undefined || mcpReq.inputResponses !== undefined) return false
  return server.server.getClientCapabilities()?.elicitation?.url !== undefined
}

function showLink({ inputRequired }: Sdk, { text, waitsAt }: Answer) {
  return inputRequired({ inputRequests: { decide: inputRequired.elicitUrl({ message: text, url: waitsAt! }) } })
}

function shown({ text, structured }: Answer) {
  const content = [text, JSON.stringify(structured)].map((text) => ({ type: 'text' as const, text }))
  return { content, structuredContent: structured }
}

/** What was refused is for the model to read: it may do something about it. */
function refused(error: unknown) {
  const { code, detail, members } = toRefusal(error)
  if (!(error instanceof Refusal)) console.error({ message: 'an MCP tool failed', code, error: String(error) })
  const text = JSON.stringify({ code, detail, remedy: refusals[code][2], ...members })
  return { isError: true, content: [{ type: 'text' as const, text }] }
}
