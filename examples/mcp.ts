// A session of the Model Context Protocol, as an agent host has it: node examples/mcp.ts "Deploy web 4.2.0"
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

const [title = 'Deploy web 4.2.0'] = process.argv.slice(2)
const base = process.env.COUNTERSIGN_URL ?? 'http://localhost:8787'
const headers = { Authorization: `Bearer ${process.env.COUNTERSIGN_KEY ?? 'cs_demo_service'}` }

const client = new Client({ name: 'example', version: '1.0.0' })
await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', base), { requestInit: { headers } }))

/** Calls a tool, and shows its sentence; its data is there as well. */
async function call(name: string, given: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { content, structuredContent, isError } = await client.callTool({ name, arguments: given })
  const [first] = content
  console.log(`${name}: ${first?.type === 'text' ? first.text : ''}`)
  if (isError) process.exit(1)
  return structuredContent as Record<string, unknown>
}

const { tools } = await client.listTools()
console.log(tools.map(({ name }) => name).join(', '))

const { id } = await call('request_approval', { type: 'deployment', title, details: { service: 'web' } })
let decision = { status: 'pending' } as Record<string, unknown>
while (decision.status === 'pending') decision = await call('wait_for_decision', { id, seconds: 25 })
if (decision.status === 'approved') {
  // Whoever decides may have approved it with changes: what was approved has a digest of its own then.
  const { details } = await call('redeem_approval', { id, digest: decision.approved_digest })
  console.log('Doing exactly', details)
  await call('report_outcome', { id, outcome: 'succeeded' })
}
await client.close()
