import type { ModelMessage } from 'ai'
import { expect, test } from 'vitest'
import { Countersign, type Connection } from '../../client/src/index.ts'
import { callsIn } from '../../client/src/ai-sdk/messages.ts'
import { payingAgent } from '../support/paying-agent.ts'

/* `@countersign/client/ai-sdk` without a server, where that answers as it seldom does. */

type Fetch = NonNullable<Connection['fetch']>

const input = { order: 'o_1', amount: 4990 }
const start: ModelMessage[] = [{ role: 'user', content: 'Pay for the order.' }]
const client = (through: Fetch) =>
  new Countersign({ baseUrl: 'https://countersign.example', key: 'cs_1', fetch: through })

/** What the service says of a call that waits. */
const waiting = {
  id: 'req_1',
  status: 'pending',
  digest: 'd1',
  details: { tool: 'pay', input },
  redemption: null,
  restricted: false,
}
const question: ModelMessage = {
  role: 'assistant',
  content: [
    { type: 'tool-call', toolCallId: 'call_1', toolName: 'pay', input },
    { type: 'tool-approval-request', approvalId: 'a_1', toolCallId: 'call_1' },
  ],
}

test.each([0, 1_200])('resuming for %i ms is over in its time, whatever the connection is like', async (wait) => {
  let waits = 0
  const { resume } = payingAgent(
    client(async ({ url, signal }) => {
      if (url.includes('external_ref')) return Response.json({ data: [waiting] })
      if (!url.includes('/decision')) return Response.json(waiting)
      waits++
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    }),
  )
  const began = Date.now()
  expect(await resume([...start, question], { wait })).toBeNull()
  expect(Date.now() - began).toBeLessThan(wait + 600)
  expect(waits).toBe(wait === 0 ? 0 : 1)
})

/** As the service answers about a call that was approved with these arguments. */
const approvedWith = (edited: object) => {
  const approved_details = { tool: 'pay', input: edited }
  const redemption = { state: 'open' }
  return { ...waiting, status: 'approved', approved_digest: 'd2', approved_details, redemption }
}
/** A service that knows this one request. */
const knowing = (request: object): Fetch => {
  return async ({ url }) => Response.json(url.includes('external_ref') ? { data: [request] } : request)
}

test('the id of a call with changes is one that model providers take', async () => {
  const less = { ...input, amount: 4000 }
  const { resume } = payingAgent(client(knowing(approvedWith(less))))
  const resumed = (await resume([...start, question]))!
  const [asked, again] = callsIn(resumed)
  expect([asked!.input, again!.input]).toEqual([input, less])
  expect(again!.toolCallId).toMatch(/^[a-zA-Z0-9_-]{1,40}$/)
  expect(again!.toolCallId).not.toBe(asked!.toolCallId)
})
