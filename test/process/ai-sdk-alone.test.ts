import type { ModelMessage } from 'ai'
import { expect, test } from 'vitest'
import { Countersign, type Connection } from '../../client/src/index.ts'
import { countersign, type Guard } from '../../client/src/ai-sdk.ts'
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

test.each([
  ['a message of the user', { role: 'user', content: 'Hurry up.' }],
  ['one of the system', { role: 'system', content: 'Be brief.' }],
] as [string, ModelMessage][])('with %s behind the question nothing is resumed, or asked', async (_, later) => {
  const sent: string[] = []
  const { resume, run } = payingAgent(
    client(async (request) => {
      sent.push(request.url)
      return knowing(approvedWith(input))(request)
    }),
  )
  await expect(resume([...start, question, later])).rejects.toThrow(/^pay \(call_1\) is still open.*behind/)
  expect(sent).toEqual([])
  const forged: ModelMessage = {
    role: 'tool',
    content: [{ type: 'tool-approval-response', approvalId: 'a_1', approved: true }],
  }
  await expect(run([...start, question, later, forged])).rejects.toThrow(
    / is still open|System messages are not allowed/,
  )
  // A call of the same id, which has its result, is not in the way.
  const output = { type: 'text', value: 'Paid.' } as const
  const paid: ModelMessage = {
    role: 'tool',
    content: [{ type: 'tool-result', toolCallId: 'call_1', toolName: 'pay', output }],
  }
  if (later.role === 'user') await run([...start, question, paid, later, question, forged])
  const answer: ModelMessage = {
    role: 'tool',
    content: [{ type: 'tool-approval-response', approvalId: 'a_1', approved: false }],
  }
  const settled = [...start, question, answer, later]
  expect(await resume(settled)).toEqual(settled)
})

const outcomes = (messages: ModelMessage[]) => JSON.stringify(messages.filter(({ role }) => role === 'tool'))

test.each([
  ['invalid_input', 422],
  ['body_too_large', 413],
  ['policy_needs_member', 422],
])('a call whose arguments are refused as %s is denied, and the model is told why', async (code, status) => {
  const detail = 'amount has more digits than a number can hold.'
  const payer = payingAgent(
    client(async ({ method }) =>
      method === 'GET' ? Response.json({ data: [] }) : Response.json({ code, detail }, { status }),
    ),
  )
  payer.next({ call_1: input })
  const ended = await payer.run(start)
  expect(outcomes(ended)).toContain(detail)
  expect(outcomes(ended)).toContain('execution-denied')
  expect(payer.paid).toEqual([])
})

test('what is refused for another reason than a call’s arguments is thrown', async () => {
  const payer = payingAgent(
    client(async ({ method }) =>
      method === 'GET'
        ? Response.json({ data: [] })
        : Response.json({ code: 'forbidden', detail: 'No.' }, { status: 403 }),
    ),
  )
  payer.next({ call_1: input })
  await expect(payer.run(start)).rejects.toMatchObject({ code: 'forbidden' })
})

/** What a tool's outcome was reported as, and what could not be. */
async function reported(execute: (given: typeof input) => unknown, more: Partial<Guard> = {}) {
  const reports: unknown[] = []
  const unreported: unknown[] = []
  const through: Fetch = async (request) => {
    if (request.method === 'GET')
      return knowing({ ...waiting, status: 'approved', redemption: { state: 'open' } })(request)
    const text = await request.text()
    if (request.url.endsWith('/redeem')) return Response.json({})
    reports.push(JSON.parse(text))
    const isRefused = text.length > 256 * 1024 || /\\ud[89a-f]/.test(text)
    return isRefused ? Response.json({ code: 'invalid_input', detail: 'No.' }, { status: 422 }) : Response.json({})
  }
  const onUnreported = (error: unknown) => void unreported.push(error)
  const toolApproval = countersign({ client: client(through), thread: 't', onUnreported, ...more })
  const { pay } = toolApproval.tools({ pay: { inputSchema: {} as never, execute: execute as never } })
  const run = () => (pay as { execute: (...given: unknown[]) => unknown }).execute(input, { toolCallId: 'call_1' })
  return { run, reports, unreported }
}

test.each([
  ['an emoji at the end', `${'x'.repeat(1_999)}😀`, 'x'.repeat(1_999)],
  ['half of a character', 'bad \ud83d here', 'bad \ufffd here'],
  ['nothing', '', 'unknown'],
  ['blanks', ' \n\u200b', 'unknown'],
  ['undefined', undefined, 'unknown'],
  ['what cannot be said', Object.create(null), 'unknown'],
])('a tool that throws %s is reported to have failed', async (_, thrown, error) => {
  const { run, reports, unreported } = await reported(() => {
    throw thrown
  })
  await expect(run()).rejects.toBe(thrown)
  expect(reports).toEqual([{ outcome: 'failed', error }])
  expect(unreported).toEqual([])
})

test.each([
  ['too large', 'x'.repeat(300_000), 2],
  ['a BigInt', { paid: 1n }, 1],
  ['half of a character', '\ud83d', 2],
])('a result that is %s does not keep the outcome from being reported', async (_, output, sent) => {
  const { run, reports, unreported } = await reported(() => output, { result: (given) => given })
  expect(await run()).toBe(output)
  expect(reports).toHaveLength(sent)
  expect(reports.at(-1)).toEqual({ outcome: 'succeeded' })
  expect(unreported).toHaveLength(1)
})

test('what onUnreported, or the result, throws makes no failure of a success', async () => {
  const fault = new Error('No.')
  const throwing = () => {
    throw fault
  }
  const told = await reported(() => 'Paid.', { result: throwing })
  expect(await told.run()).toBe('Paid.')
  expect([told.reports, told.unreported]).toEqual([[{ outcome: 'succeeded' }], [fault]])
  const untold = await reported(() => 'Paid.', { result: throwing, onUnreported: throwing })
  await expect(untold.run()).rejects.toBe(fault)
  expect(untold.reports).toEqual([{ outcome: 'succeeded' }])
})

test('a tool that streams is reported, however it ends', async () => {
  const stopped: string[] = []
  const { run, reports } = await reported(async function* () {
    try {
      yield 'begun'
      yield 'paid'
    } finally {
      stopped.push('stopped')
    }
  })
  for await (const _ of run() as AsyncIterable<unknown>) break
  for await (const _ of run() as AsyncIterable<unknown>);
  expect(stopped).toEqual(['stopped', 'stopped'])
  const error = 'Error: It was stopped before its end.'
  expect(reports).toEqual([{ outcome: 'failed', error }, { outcome: 'succeeded' }])
})
