import { Refusal } from '../refusal.ts'
import type { AppContext } from '../http/environment.ts'
import { refuseOtherSites } from '../http/credentials.ts'
import { readText } from '../http/input.ts'
import { refuseOverRate } from '../http/rate.ts'
import { createPlainRouter } from '../http/router.ts'
import { serve } from './serve.ts'

/** The Model Context Protocol (Streamable HTTP), without sessions: tools for agents, of which none decides. */
export const mcpRoutes = createPlainRouter()
mcpRoutes.post('/mcp', async (c: AppContext) => {
  refuseOverRate(c)
  // The protocol's transport asks for it (2025-11-25, Streamable HTTP, Security Warning).
  refuseOtherSites(c)
  if (c.get('ctx').actor.roles.length === 0) throw new Refusal('forbidden', 'MCP takes a key that has a role.')
  return serve(c.get('ctx'), c.req.raw, await readText(c))
})
