import type { Ctx } from '../context.ts'
import { makeServer } from './make-server.ts'
import { sentIn } from './sent.ts'

/**
 * Answers one message of the Model Context Protocol, of whatever revision that the SDK knows.
 *
 * @param body of the request, which has been read
 */
export async function serve(ctx: Ctx, request: Request, body: string): Promise<Response> {
  // Most isolates never need it.
  const sdk = await import('@modelcontextprotocol/server')
  const { origin } = new URL(request.url)
  const errors: Error[] = []
  const handler = sdk.createMcpHandler(() => makeServer(sdk, { ...ctx, origin }, sentIn(body)), {
    onerror: (error) => void errors.push(error),
  })
  const { url, method, headers, signal } = request
  const answer = await handler.fetch(new Request(url, { method, headers, signal, body }))
  // The SDK reports what clients do wrong as well; that is told to them, and by its status in the log of requests.
  if (answer.status < 500) return answer
  for (const error of errors) console.error({ message: 'an MCP message failed', error: String(error) })
  return answer
}
