import type { Ctx } from '../context.ts'
import { makeServer } from './make-server.ts'

/** In bytes. */
const largestMessage = 1024 * 1024

/** Answers one message of the Model Context Protocol, of whatever revision that the SDK knows. */
export async function serve(ctx: Ctx, request: Request): Promise<Response> {
  // Most isolates never need it.
  const sdk = await import('@modelcontextprotocol/server')
  const { origin } = new URL(request.url)
  const handler = sdk.createMcpHandler(() => makeServer(sdk, { ...ctx, origin }), {
    onerror: (error) => console.error({ message: 'an MCP message failed', error: String(error) }),
    maxRequestBodySize: largestMessage,
  })
  return handler.fetch(request)
}
