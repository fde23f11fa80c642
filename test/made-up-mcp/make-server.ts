import { makeServer as ours } from '../../src/mcp/make-server.ts'
import { registerPrompts } from './prompts.ts'
import { registerQuestions, type Progress } from './questions.ts'
import { registerResources } from './resources.ts'
import { registerTools } from './tools.ts'

const capabilities = {
  tools: { listChanged: false },
  prompts: { listChanged: false },
  resources: { listChanged: false },
  logging: {},
}

/**
 * Stands for `src/mcp/make-server.ts` in the Worker that the conformance tests of the protocol call, behind the door
 * through which ours is reached. The agent platform finds the tools, the prompts and the resources that the tests
 * expect of a server; everybody else finds ours.
 */
export const makeServer: typeof ours = async (sdk, ctx, sent) => {
  if (ctx.actor.userId !== 'usr_service') return ours(sdk, ctx, sent)
  const states = sdk.createRequestStateCodec<Progress>({ key: 'known to whoever reads the tests'.padEnd(32) })
  const about = { name: 'made-up', version: '1.0.0' }
  const server = new sdk.McpServer(about, { capabilities, requestState: { verify: states.verify } })
  registerTools(server)
  registerQuestions(sdk, server, states)
  registerPrompts(server)
  registerResources(sdk, server)
  return server
}
