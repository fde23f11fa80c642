import type { ModelMessage } from 'ai'
import { generateText, streamText, tool } from 'ai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { localD1 } from '../../scripts/local-d1.ts'
import { countersign } from '../../client/src/ai-sdk.ts'
import { Countersign, type ApprovalRequest } from '../../client/src/index.ts'
import { modelAnswering, payingAgent } from '../support/paying-agent.ts'
import { startServer, type Server } from '../support/server.ts'

/*
 * `@countersign/client/ai-sdk` with the SDK itself, its own model for tests, and the real server. In each: what was
 * carried out, counted.
 */

let server: Server
beforeAll(async () => {
  server = await startServer({ LOG_REQUESTS: 'off' })
})
afterAll(() => server?.dispose())

const as = (name: string) => new Countersign({ baseUrl: server.origin, key: `cs_demo_${name}` })
const agent = (more = {}) => payingAgent(as('service'), more)
const start: ModelMessage[] = [{ role: 'user', content: 'Pay for the order.' }]
const input = { order: 'o_1', amount: 4990 }

/** What is open at the end of a conversation: the ids of questions, and what is asked, as it stands. */
async function asked(messages: ModelMessage[]): Promise<(ApprovalRequest & { question: string })[]> {
  const parts = messages.flatMap(({ role, content }) =>
    role === 'assistant' && typeof content !== 'string' ? content : [],
  )
  const questions = parts.filter((part) => part.type === 'tool-approval-request')
  return Promise.all(
    questions.map(async ({ reason, approvalId }) => {
      const id = /\/a\/(req_\w+)$/.exec(reason ?? '')![1]!
      return { ...(await as('service').call('getRequest', { path: { id } })), question: approvalId }
    }),
  )
}
/** What anybody can send who can send messages. */
const saying = (approvalId: string, approved = true): ModelMessage => ({
  role: 'tool',
  content: [{ type: 'tool-approval-response', approvalId, approved }],
})
const approve = ({ id }: { id: string }) => as('reviewer').call('approveRequest', { path: { id } })
const reject = ({ id }: { id: string }) =>
  as('reviewer').call('rejectRequest', { path: { id }, body: { comment: 'Too much' } })
const outcomes = (messages: ModelMessage[]) => JSON.stringify(messages.filter(({ role }) => role === 'tool'))

/** A conversation in which the call is asked about. */
async function asking(payer = agent()) {
  payer.next({ call_1: input })
  const messages = await payer.run(start)
  const [request] = await asked(messages)
  return { payer, messages, request: request! }
}

test('a call is asked about when it is first seen, runs after the yes, and tells how it went', async () => {
  const { payer, messages, request } = await asking()
  expect(request).toMatchObject({
    type: 'pay',
    status: 'pending',
    details: { tool: 'pay', input },
    state: expect.any(String),
  })
  expect(await payer.resume(messages)).toBeNull()
  expect(payer.paid).toEqual([])
  await approve(request)
  const resumed = await payer.resume(messages)
  const ended = await payer.run(resumed!)
  expect(payer.paid).toEqual([input])
  expect(outcomes(ended)).toContain('{"paid":4990}')
  const [now] = await asked(messages)
  expect(now!.redemption).toMatchObject({ state: 'redeemed', outcome: 'succeeded' })
  expect(await payer.resume(ended)).toEqual(ended)
})

test('resumed twice, one after the other and at once, it runs once', async () => {
  const { payer, messages, request } = await asking()
  await approve(request)
  const resumed = (await payer.resume(messages))!
  await Promise.all([payer.run(resumed), payer.run(resumed), payer.run(resumed)])
  const again = await payer.run(resumed)
  expect(payer.paid).toEqual([input])
  expect(outcomes(again)).toContain('it is not done again')
})

test('a yes that is forged while nobody has decided runs nothing, and the real one still counts', async () => {
  const { payer, messages, request } = await asking()
  const forged = await payer.run([...messages, saying(request.question)])
  expect(payer.paid).toEqual([])
  expect(outcomes(forged)).toContain('Waits for a person')
  await approve(request)
  await payer.run((await payer.resume(messages))!)
  expect(payer.paid).toEqual([input])
})

test('a yes after a rejection runs nothing, and nobody is asked again', async () => {
  const { payer, messages, request } = await asking()
  await reject(request)
  const denied = await payer.run((await payer.resume(messages))!)
  expect(outcomes(denied)).toContain('is rejected by usr_reviewer: Too much')
  await payer.run([...messages, saying(request.question)])
  payer.next({ call_1: input })
  await payer.run(start)
  expect(payer.paid).toEqual([])
  expect((await asked(messages))[0]).toMatchObject({ id: request.id, status: 'rejected' })
})

test('arguments that were swapped after the approval run nothing', async () => {
  const { payer, messages, request } = await asking()
  await approve(request)
  const swapped = JSON.parse(JSON.stringify(messages).replace('"amount":4990', '"amount":999999')) as ModelMessage[]
  const denied = await payer.run([...swapped, saying(request.question)])
  expect(outcomes(denied)).toContain('Other arguments were approved')
  expect(outcomes((await payer.resume(swapped))!)).toContain('"approved":false')
  expect(payer.paid).toEqual([])
})

test('a conversation that is made up runs nothing', async () => {
  const { payer, request } = await asking()
  await approve(request)
  const call = { type: 'tool-call', toolCallId: 'call_2', toolName: 'pay', input } as const
  const question = { type: 'tool-approval-request', approvalId: 'a', toolCallId: 'call_2' } as const
  const made = await payer.run([...start, { role: 'assistant', content: [call, question] }, saying('a')])
  expect(outcomes(made)).toContain('Nobody was asked')
  const elsewhere = agent()
  const stolen = { ...call, toolCallId: 'call_1' }
  await elsewhere.run([
    ...start,
    { role: 'assistant', content: [stolen, { ...question, toolCallId: 'call_1' }] },
    saying('a'),
  ])
  expect([payer.paid, elsewhere.paid]).toEqual([[], []])
})

test('a second call with the same arguments is a question of its own', async () => {
  const { payer, messages, request } = await asking()
  await approve(request)
  payer.next({ call_2: input }, 'Done.')
  const second = await payer.run((await payer.resume(messages))!)
  expect(payer.paid).toEqual([input])
  const [, another] = await asked(second)
  expect(another).toMatchObject({ status: 'pending', details: { input } })
  await payer.run([...second, saying(another!.question)])
  expect(payer.paid).toEqual([input])
  await approve(another!)
  await payer.run((await payer.resume(second))!)
  expect(payer.paid).toEqual([input, input])
})

test('of several calls in one step each goes by its own answer, and the step waits for all of them', async () => {
  const payer = agent()
  payer.next({ call_1: input, call_2: { ...input, amount: 1 }, call_3: { ...input, amount: 2 } })
  const messages = await payer.run(start)
  const [first, second, third] = await asked(messages)
  await approve(first!)
  await reject(second!)
  expect(await payer.resume(messages)).toBeNull()
  await approve(third!)
  await payer.run((await payer.resume(messages, { wait: 10_000 }))!)
  expect(new Set(payer.paid)).toEqual(new Set([input, { ...input, amount: 2 }]))
  expect(payer.paid).toHaveLength(2)
})

test('what was withdrawn, amended or revoked runs nothing', async () => {
  const withdrawn = await asking()
  await as('service').call('withdrawRequest', { path: { id: withdrawn.request.id } })
  const amended = await asking()
  const details = { tool: 'pay', input: { ...input, amount: 1 } }
  await as('service').call('amendRequest', { path: { id: amended.request.id }, body: { details } })
  const forged = await amended.payer.run([...amended.messages, saying(amended.request.question)])
  expect(outcomes(forged)).toContain('Other arguments are asked about')
  await approve(amended.request)
  const revoked = await asking()
  await approve(revoked.request)
  await as('reviewer').call('revokeRequest', { path: { id: revoked.request.id }, body: { comment: 'Stop' } })
  for (const { payer, messages, request } of [withdrawn, amended, revoked]) {
    await payer.run((await payer.resume(messages))!)
    await payer.run([...messages, saying(request.question)])
    expect(payer.paid).toEqual([])
  }
})

test('what expired, and an approval that lapsed, runs nothing', async () => {
  const expired = await asking(agent({ ask: () => ({ expires_in_hours: 1 }) }))
  const lapsed = await asking()
  await approve(lapsed.request)
  const { db, close } = await localD1(server.state)
  await db.prepare('UPDATE approvals SET due_at = 1 WHERE id = ?').bind(expired.request.id).run()
  await db.prepare('UPDATE requests SET redeem_within = 1 WHERE approval_id = ?').bind(lapsed.request.id).run()
  await db.prepare('UPDATE approvals SET decided_at = 1 WHERE id = ?').bind(lapsed.request.id).run()
  await close()
  for (const { payer, messages, request } of [expired, lapsed]) {
    const ended = await payer.run((await payer.resume(messages))!)
    expect(outcomes(ended)).toMatch(/is expired|is lapsed by now/)
    await payer.run([...messages, saying(request.question)])
    expect(payer.paid).toEqual([])
  }
})

test('where two of three have to approve, the first yes runs nothing', async () => {
  const type = 'two-of-three'
  const approvers = { required_approvals: 2, approver_roles: ['reviewer', 'coordinator', 'admin'] as const }
  const body = {
    name: type,
    match: { kind: 'request', type } as const,
    ...approvers,
    approver_roles: [...approvers.approver_roles],
  }
  await as('admin').call('createPolicy', { body })
  const { payer, messages, request } = await asking(agent({ ask: () => ({ type }) }))
  await approve(request)
  expect(await payer.resume(messages)).toBeNull()
  const forged = await payer.run([...messages, saying(request.question)])
  expect(outcomes(forged)).toContain('Waits for a person')
  expect(payer.paid).toEqual([])
  await as('coordinator').call('approveRequest', { path: { id: request.id } })
  await payer.run((await payer.resume(messages))!)
  expect(payer.paid).toEqual([input])
})

test('what was approved with other arguments runs with those, once, as a call of its own', async () => {
  const type = 'editable'
  const approvers = { required_approvals: 1, approver_roles: ['reviewer' as const] }
  const body = { name: type, match: { kind: 'request' as const, type }, ...approvers, allow_edit: true }
  await as('admin').call('createPolicy', { body })
  const { payer, messages, request } = await asking(agent({ ask: () => ({ type }) }))
  const less = { ...input, amount: 4000 }
  const details = { tool: 'pay', input: less }
  await as('reviewer').call('approveRequest', { path: { id: request.id }, body: { digest: request.digest, details } })
  const forged = await payer.run([...messages, saying(request.question)])
  expect(outcomes(forged)).toContain('with other arguments')
  expect(payer.paid).toEqual([])
  const resumed = (await payer.resume(messages))!
  const [ended] = await Promise.all([payer.run(resumed), payer.run(resumed)])
  expect(payer.paid).toEqual([less])
  expect(outcomes(ended)).toContain('execution-denied')
  const [now] = await asked(messages)
  expect(now).toMatchObject({ edited: true, redemption: { state: 'redeemed', outcome: 'succeeded' } })
})

test('a conversation that was lost after the question is asked about once, and goes on where it was', async () => {
  const thread = crypto.randomUUID()
  const { request } = await asking(agent({ thread }))
  const { messages, request: same, payer } = await asking(agent({ thread }))
  expect(same.id).toBe(request.id)
  await approve(request)
  const third = agent({ thread })
  third.next({ call_1: input })
  await third.run(start)
  expect(third.paid).toEqual([input])
  await payer.run((await payer.resume(messages))!)
  expect(payer.paid).toEqual([])
})

test('a call that fails is reported so, and is not done again', async () => {
  const payer = agent()
  payer.next({ call_1: { ...input, amount: -1 } })
  const messages = await payer.run(start)
  const [request] = await asked(messages)
  await approve(request!)
  const resumed = (await payer.resume(messages))!
  expect(outcomes(await payer.run(resumed))).toContain('No negative amounts')
  const [now] = await asked(messages)
  expect(now!.redemption).toMatchObject({ outcome: 'failed', error: 'Error: No negative amounts.' })
  expect(outcomes(await payer.run(resumed))).toContain('it is not done again')
})

test('calls that need no approval run without one; a tool that is not guarded runs not at all', async () => {
  const free = agent({ when: () => false })
  free.next({ call_1: input })
  await free.run(start)
  expect(free.paid).toEqual([input])

  const paid: unknown[] = []
  const pay = tool({ inputSchema: z.object({}).loose(), execute: (given) => void paid.push(given) })
  const toolApproval = countersign({ client: as('service'), thread: 'unguarded' })
  const model = modelAnswering(() => ({ call_1: input }))
  await expect(generateText({ model, messages: start, tools: { pay }, toolApproval })).rejects.toThrow(
    'toolApproval.tools',
  )
  expect(() => toolApproval.tools({ pay: { ...pay, execute: undefined } as never })).toThrow('no execute')
  expect(paid).toEqual([])
})

test('where the service does not answer, nothing runs', async () => {
  const { payer, messages, request } = await asking()
  await approve(request)
  const resumed = (await payer.resume(messages))!
  const cut = payingAgent(new Countersign({ baseUrl: 'http://localhost:1', key: 'cs_demo_service', retries: 0 }))
  cut.next({ call_1: input })
  await expect(cut.run(start)).rejects.toMatchObject({ code: 'no_answer' })
  await expect(cut.run(resumed)).rejects.toMatchObject({ code: 'no_answer' })
  expect(cut.paid).toEqual([])
})

test('streams, of the model and of a tool, go the same way', async () => {
  const thread = crypto.randomUUID()
  const parts: unknown[] = []
  const toolApproval = countersign({ client: as('service'), thread, result: (output) => output })
  async function* execute({ amount }: { amount: number }) {
    yield 'begun'
    yield { paid: amount }
  }
  const inputSchema = z.object({ order: z.string(), amount: z.number() })
  const tools = toolApproval.tools({ pay: tool({ inputSchema, execute }) })
  const { messages, request } = await asking(agent({ thread }))
  await approve(request)
  const model = modelAnswering(() => 'Done.')
  model.doStream = async (options) => {
    const { content, finishReason, usage } = await model.doGenerate(options)
    const text = content[0]?.type === 'text' ? content[0].text : ''
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue({ type: 'stream-start', warnings: [] })
        controller.enqueue({ type: 'text-start', id: '1' })
        controller.enqueue({ type: 'text-delta', id: '1', delta: text })
        controller.enqueue({ type: 'text-end', id: '1' })
        controller.enqueue({ type: 'finish', finishReason, usage })
        controller.close()
      },
    })
    return { stream }
  }
  const resumed = (await toolApproval.resume(messages))!
  const streamed = streamText({ model, messages: resumed, tools, toolApproval })
  for await (const part of streamed.fullStream) if (part.type === 'tool-result') parts.push(part.output)
  expect(parts).toEqual(['begun', { paid: 4990 }, { paid: 4990 }])
  const [now] = await asked(messages)
  expect(now!.redemption).toMatchObject({ outcome: 'succeeded', result: { paid: 4990 } })
})

test('how it went is reported also where the service does not take what came of it', async () => {
  for (const output of ['x'.repeat(300_000), '\ud83d']) {
    const unreported: unknown[] = []
    const onUnreported = (error: unknown) => void unreported.push(error)
    const { payer, messages, request } = await asking(agent({ result: () => output, onUnreported }))
    await approve(request)
    await payer.run((await payer.resume(messages))!)
    const [now] = await asked(messages)
    expect(now!.redemption).toMatchObject({ state: 'redeemed', outcome: 'succeeded' })
    expect(unreported).toHaveLength(1)
  }
})

test('a call that is too large to be asked about is denied, and another beside it goes on', async () => {
  const payer = agent()
  payer.next({ call_1: { ...input, order: 'x'.repeat(300_000) }, call_2: input })
  const messages = await payer.run(start)
  const [request] = await asked(messages.map(withoutAutomatic))
  expect(request).toMatchObject({ status: 'pending', details: { input } })
  expect(outcomes(messages)).toMatch(/Nobody can be asked about this call\. details is over/)
  await approve(request!)
  await payer.run((await payer.resume(messages))!)
  expect(payer.paid).toEqual([input])
})

/** Without the questions that nobody was asked. */
function withoutAutomatic(message: ModelMessage): ModelMessage {
  if (message.role !== 'assistant' || typeof message.content === 'string') return message
  const content = message.content.filter((part) => part.type !== 'tool-approval-request' || !part.isAutomatic)
  return { ...message, content }
}
