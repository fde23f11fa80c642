import { Refusal } from '../refusal.ts'
import type { AppContext } from '../http/environment.ts'
import { refuseOtherSites } from '../http/credentials.ts'
import { readText } from '../http/input.ts'
import { countAgainstKey, refuseOverRate } from '../http/rate.ts'
import { createPlainRouter } from '../http/router.ts'
import { messagesIn } from './sent.ts'
import { serve } from './serve.ts'

/** Larger batches are refused by the SDK. */
const mostMessages = 100

/** The Model Context Protocol (Streamable HTTP), without sessions: tools for agents, of which none decides. */
export const mcpRoutes = createPlainRouter()
mcpRoutes.post('/mcp', async (c: AppContext) => {
  refuseOverRate(c)
  // The protocol's transport asks for it (2025-11-25, Streamable HTTP, Security Warning).
  refuseOtherSites(c)
  if (c.get('ctx').actor.roles.length === 0) throw new Refusal('forbidden', 'MCP requires a key that has a role.')
  const body = await readText(c)
  await countMore(c, messagesIn(body))
  return serve(c.get('ctx'), c.req.raw, body)
})

/** Each message of a batch is a call; the first has been counted. @throws Refusal `rate_limited`, before any is done */
async function countMore(c: AppContext, messages: number): Promise<void> {
  for (let more = 1; more < Math.min(messages, mostMessages); more += 1) {
    await countAgainstKey(c, c.get('keyId'))
    refuseOverRate(c)
  }
}
