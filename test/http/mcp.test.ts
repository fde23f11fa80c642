import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { env, exports } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { createContext, type Role } from '../../src/context.ts'
import { serve } from '../../src/mcp/serve.ts'
import { faults, faultyD1 } from '../support/faulty-d1.ts'
import { fetchAt } from '../support/fetch-at.ts'
import { overSocket } from '../support/over-socket.ts'
import { boundKey, newTenant, type Tenant } from '../support/tenant.ts'

/* The tools of `/mcp`, called by the client of the protocol's own SDK. */

const here = 'https://countersign.test'

type Result = { isError?: boolean; structuredContent?: any; content: { type: string; text: string }[] }

async function connect(tenant: Tenant, name: string, roles?: readonly Role[]) {
  return connectWith(await tenant.key(name, roles))
}

async function connectWith(key: string, options: ConstructorParameters<typeof Client>[1] = {}) {
  const client = new Client({ name: 'test', version: '1' }, options)
  const transport = new StreamableHTTPClientTransport(new URL(`${here}/mcp`), {
    fetch: (url, init) => exports.default.fetch(new Request(url, init as RequestInit)),
    requestInit: { headers: { Authorization: `Bearer ${key}` } },
  })
  await client.connect(transport)
  const call = async (name: string, given: object) =>
    (await client.callTool({ name, arguments: given as Record<string, unknown> })) as Result
  return { client, call }
}

const deployment = { type: 'deployment', title: 'Deploy web 4.2.0', details: { service: 'web' } }

/** One message, as it is. */
function post(headers: Record<string, string>, message: object = { method: 'ping' }, at = here): Promise<Response> {
  return postText(headers, JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }), at)
}

/** Whatever is sent. */
function postText(headers: Record<string, string>, body: string, at = here): Promise<Response> {
  return fetchAt(`${at}/mcp`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
    body,
  })
}

test('the tools say what they take, what they answer, and what they change; none decides', async () => {
  const { client } = await connect(await newTenant(), 'member')
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual([
    'request_approval',
    'wait_for_decision',
    'redeem_approval',
    'report_outcome',
    'withdraw_request',
    'list_my_requests',
    'get_approval',
    'list_waiting_for_me',
    'explain_approval',
  ])
  for (const { name, inputSchema, outputSchema, annotations } of tools) {
    expect([name, inputSchema.type, outputSchema?.type]).toEqual([name, 'object', 'object'])
    expect(annotations).toMatchObject({ destructiveHint: false, openWorldHint: false })
    expect(JSON.stringify([inputSchema, outputSchema])).not.toContain('#/components')
  }
  expect(tools.filter(({ annotations }) => annotations?.readOnlyHint).map(({ name }) => name)).toEqual([
    'wait_for_decision',
    'list_my_requests',
    'get_approval',
    'list_waiting_for_me',
    'explain_approval',
  ])
})

test('an agent asks, waits, redeems what was approved once, and reports', async () => {
  const tenant = await newTenant()
  const { call } = await connect(tenant, 'member')
  const asked = await call('request_approval', deployment)
  const { id, digest, url } = asked.structuredContent
  expect(asked.content[0]?.text).toContain(url)
  const pending = await call('wait_for_decision', { id, seconds: 0 })
  expect(pending.structuredContent).toMatchObject({ status: 'pending', url })
  expect(pending.content[0]?.text).toContain(url)
  expect((await call('redeem_approval', { id, digest })).content[0]?.text).toContain('"code":"not_approved"')

  const decided = call('wait_for_decision', { id })
  await tenant.as('reviewer')(`/v1/requests/${id}/approve`, { method: 'POST', body: { digest } })
  expect((await decided).structuredContent).toMatchObject({ status: 'approved', decided_by: 'usr_reviewer' })
  const swapped = await call('redeem_approval', { id, digest: digest.replaceAll(/./g, '0') })
  expect(swapped).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('digest_mismatch') }] })
  const redeemed = await call('redeem_approval', { id, digest })
  expect(redeemed.structuredContent).toMatchObject({ id, details: { service: 'web' } })
  expect((await call('redeem_approval', { id, digest })).isError).toBe(true)
  const reported = await call('report_outcome', { id, outcome: 'succeeded', result: { run: 42 } })
  expect(reported.structuredContent.redemption).toMatchObject({ outcome: 'succeeded', result: { run: 42 } })
})

test('what was redeemed under an idempotency_key is answered again under it, and under no other', async () => {
  const tenant = await newTenant()
  const { call } = await connect(tenant, 'member')
  const { id, digest } = (await call('request_approval', deployment)).structuredContent
  await tenant.as('reviewer')(`/v1/requests/${id}/approve`, { method: 'POST', body: { digest } })
  const redeem = (idempotency_key: string, of = digest) => call('redeem_approval', { id, digest: of, idempotency_key })
  const answers = await Promise.all([redeem('run-1'), redeem('run-1'), redeem('run-1')])
  expect(answers[0].structuredContent).toMatchObject({ id, digest, details: { service: 'web' } })
  expect(answers).toEqual([answers[0], answers[0], answers[0]])
  for (const [other, code] of [
    [redeem('run-2'), 'already_redeemed'],
    [redeem('run-1', digest.replaceAll(/./g, '0')), 'idempotency_key_reused'],
    [redeem(''), 'invalid_input'],
  ] as const) {
    expect(await other).toMatchObject({ isError: true, content: [{ text: expect.stringContaining(code) }] })
  }
})

test('it withdraws, lists and reads what it has asked for', async () => {
  const tenant = await newTenant()
  const { call } = await connect(tenant, 'member')
  const ids: string[] = []
  for (const n of [1, 2, 3]) {
    ids.unshift((await call('request_approval', { ...deployment, external_ref: `r_${n}` })).structuredContent.id)
  }
  expect(await call('request_approval', { ...deployment, external_ref: 'r_1' })).toMatchObject({ isError: true })
  await (await connect(tenant, 'other', ['member'])).call('request_approval', deployment)
  const newest = await call('list_my_requests', { limit: 1 })
  expect(newest.content[0]?.text).toBe('1 request, and there are more.')
  const first = (await call('list_my_requests', { limit: 2 })).structuredContent
  const rest = (await call('list_my_requests', { cursor: first.next })).structuredContent
  expect([...first.data, ...rest.data].map(({ id }) => id)).toEqual(ids)
  expect(rest.next).toBeNull()
  expect((await call('withdraw_request', { id: ids[0] })).structuredContent.status).toBe('withdrawn')
  const waiting = (await call('list_my_requests', { status: 'pending' })).structuredContent
  expect(waiting.data).toHaveLength(2)
  const read = await call('get_approval', { id: ids[1] })
  const sameOverHttp = await tenant.as('member')(`/v1/approvals/${ids[1]}`)
  expect(read.structuredContent).toEqual(sameOverHttp.body)
  const explained = await call('explain_approval', { id: ids[1] })
  expect(explained.content[0]?.text).toContain('is pending, and still takes 1')
  expect(explained.structuredContent).toEqual((await tenant.as('member')(`/v1/approvals/${ids[1]}/explain`)).body)
})

test('a client of 2026-07-28 that opens links has the link opened, once a call, and then waits', async () => {
  const tenant = await newTenant()
  const versionNegotiation = { mode: { pin: '2026-07-28' } }
  const key = await tenant.key('member')
  const { client, call } = await connectWith(key, { versionNegotiation, capabilities: { elicitation: { url: {} } } })
  const opened: unknown[] = []
  const { id, url } = (await call('request_approval', deployment)).structuredContent
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    opened.push(params)
    await tenant.as('reviewer')(`/v1/requests/${id}/approve`, { method: 'POST' })
    return { action: 'accept' }
  })
  const decided = await call('wait_for_decision', { id, seconds: 0 })
  expect(opened).toEqual([{ mode: 'url', url, message: expect.stringContaining(id) }])
  expect(decided.structuredContent).toMatchObject({ status: 'approved' })

  const without = await connectWith(key, { versionNegotiation })
  const another = (await without.call('request_approval', deployment)).structuredContent
  const pending = await without.call('wait_for_decision', { id: another.id, seconds: 0 })
  expect(pending).toMatchObject({
    structuredContent: { status: 'pending' },
    content: [{ text: expect.stringContaining(another.url) }, {}],
  })
})

test('somebody sees what waits for them, and nobody what waits for others', async () => {
  const tenant = await newTenant()
  const { id } = (await (await connect(tenant, 'member')).call('request_approval', deployment)).structuredContent
  const waitingFor = async (name: string) => {
    const { content, structuredContent } = await (await connect(tenant, name)).call('list_waiting_for_me', {})
    const count = structuredContent.data.length === 0 ? 'Nothing is' : '1 is'
    expect(content[0]?.text).toBe(`${count} waiting for ${name}.`)
    return structuredContent.data
  }
  expect(await waitingFor('reviewer')).toMatchObject([{ id, kind: 'request', requester: 'usr_member' }])
  expect(await waitingFor('member')).toEqual([])
  const reviewer = await connect(tenant, 'reviewer')
  for (const cursor of ['bad', `${id}.1`]) {
    const refused = await reviewer.call('list_waiting_for_me', { cursor }).catch((error: Error) => error)
    expect(JSON.stringify(refused instanceof Error ? refused.message : refused)).toContain('cursor')
  }
  const behindIt = await reviewer.call('list_waiting_for_me', { cursor: `9007199254740991.${id}` })
  expect(behindIt.structuredContent.data).toEqual([])
  await tenant.as('reviewer')(`/v1/requests/${id}/approve`, { method: 'POST' })
  expect(await waitingFor('reviewer')).toEqual([])
})

test('what is wrong with the input is said, and nothing is asked', async () => {
  const { call } = await connect(await newTenant(), 'member')
  const attempt = (given: object) => call('request_approval', given).catch((error: Error) => error)
  for (const given of [
    {},
    { ...deployment, title: '' },
    { ...deployment, titel: 'x' },
    { ...deployment, type: 'A b' },
  ]) {
    const answer = await attempt(given)
    expect(JSON.stringify(answer instanceof Error ? answer.message : answer)).toMatch(/title|titel|type/)
  }
  const refused = async (name: string, given: object) => {
    const { isError, content } = await call(name, given)
    return { isError, ...(JSON.parse(content[0]!.text) as { code: string; remedy: string; errors: object[] }) }
  }
  expect(await refused('wait_for_decision', { id: 'req_x', seconds: 99, more: 1 })).toMatchObject({
    isError: true,
    code: 'invalid_input',
    remedy: expect.any(String),
    errors: [
      { in: 'body', pointer: '/seconds', message: expect.stringContaining('50') },
      { in: 'body', pointer: '/more' },
    ],
  })
  expect(await refused('redeem_approval', {})).toMatchObject({ errors: [{ pointer: '/id' }, { pointer: '/digest' }] })
  let deep: object = {}
  for (let depth = 0; depth < 70; depth++) deep = { deep }
  expect(await attempt({ ...deployment, details: deep })).toMatchObject({ isError: true })
  expect((await call('list_my_requests', {})).structuredContent.data).toEqual([])
})

test('what is asked is never changed on the way: it is asked as sent, or refused as over HTTP', async () => {
  const tenant = await newTenant()
  const key = await tenant.key('member')
  const { call } = await connectWith(key)
  const said = (tool: string, given: string, id: unknown = 1) =>
    `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"tools/call","params":{"name":"${tool}","arguments":${given}}}`
  const toolSays = async (body: string) => {
    const answer = await postText({ 'X-API-Key': key }, body)
    const messages = (await answer.text()).split('\n').filter((line) => line.startsWith('data: {'))
    return messages.map((line) => JSON.parse(line.slice('data: '.length)) as { id: unknown; result: Result })
  }
  const once = async (tool: string, given: string) => (await toolSays(said(tool, given)))[0]!.result

  const faulty = [
    ['{"type":"x","title":"t","details":{"n":9007199254740993}}', '/details/n'],
    ['{"type":"x","title":"t","details":{"n":1e400}}', '/details/n'],
    ['{"type":"x","title":"t","details":{"a":{"b":1,"b":2}}}', '/details/a/b'],
    ['{"type":"x","title":"a\\ud800b"}', ''],
    ['{"type":"x","title":"t","details":{"\\udc00":1}}', ''],
    ['{"type":"x","title":"t","details":{"a":"\\ud800"}}', ''],
  ] as const
  for (const [given, pointer] of faulty) {
    const { isError, content } = await once('request_approval', given)
    const overHttp = await tenant.as('member')('/v1/requests', { method: 'POST', body: given })
    expect([given, isError, JSON.parse(content[0]!.text)]).toMatchObject([
      given,
      true,
      { code: 'invalid_input', errors: [{ in: 'body', pointer }] },
    ])
    expect(JSON.parse(content[0]!.text).errors).toEqual(overHttp.body.errors)
  }
  expect((await call('list_my_requests', {})).structuredContent.data).toEqual([])

  const details = '{"2":"b","1":"a","__proto__":{"x":1},"é":"\\ud83d\\ude00"}'
  const asked = await once('request_approval', `{"type":"x","title":"t","details":${details}}`)
  const { id, digest } = asked.structuredContent
  const stored = (await tenant.as('member')(`/v1/requests/${id}`)).body.details
  expect(JSON.stringify(stored)).toBe(JSON.stringify(JSON.parse(details)))
  expect(asked.content[1]?.text).toContain('"__proto__":{"x":1}')

  await tenant.as('reviewer')(`/v1/requests/${id}/approve`, { method: 'POST' })
  await call('redeem_approval', { id, digest })
  const report = (result: string) => once('report_outcome', `{"id":"${id}","outcome":"succeeded","result":${result}}`)
  expect(await report('{"a":"\\ud800"}')).toMatchObject({ isError: true })
  expect((await report('{"n":9007199254740993}')).isError).toBeUndefined()
  const kept = await exports.default.fetch(new Request(`${here}/v1/requests/${id}`, { headers: { 'X-API-Key': key } }))
  expect(await kept.text()).toContain('"result":{"n":9007199254740993}')

  const two = ['9007199254740993', '2'].map((n) => `{"type":"x","title":"t","details":{"n":${n}}}`)
  const batch = await toolSays(`[${two.map((given, at) => said('request_approval', given, at)).join()}]`)
  const byId = Object.fromEntries(batch.map(({ id, result }) => [String(id), result]))
  expect(byId).toMatchObject({ 0: { isError: true }, 1: { structuredContent: { details: { n: 2 } } } })
})

test('a tool tells nobody what is another tenant’s, instance’s, or restricted', async () => {
  const tenant = await newTenant()
  const mine = await connect(tenant, 'member')
  const open = (await mine.call('request_approval', deployment)).structuredContent
  const secret = (await mine.call('request_approval', { ...deployment, restricted: true })).structuredContent
  const stranger = await connect(await newTenant(), 'admin')
  const colleague = await connect(tenant, 'colleague', ['member'])
  const instance = await connectWith(await boundKey(tenant, crypto.randomUUID()))
  const another = await connectWith(await boundKey(tenant, crypto.randomUUID()))
  const bound = (await instance.call('request_approval', deployment)).structuredContent
  expect((await instance.call('get_approval', { id: bound.id })).structuredContent).toMatchObject({ status: 'pending' })
  for (const [{ call }, { id, digest }] of [
    [stranger, open],
    [stranger, secret],
    [colleague, secret],
    [another, bound],
    [another, open],
    [instance, open],
  ] as const) {
    for (const [name, given] of [
      ['wait_for_decision', { id, seconds: 0 }],
      ['wait_for_decision', { id, seconds: 1 }],
      ['get_approval', { id }],
      ['explain_approval', { id }],
      ['redeem_approval', { id, digest }],
      ['withdraw_request', { id }],
      ['report_outcome', { id, outcome: 'succeeded' }],
    ] as const) {
      const answer = await call(name, given)
      const never = await call(name, { ...given, id: 'req_never' })
      expect(answer.isError).toBe(true)
      expect(answer.content[0]?.text.replaceAll(id, 'req_never')).toBe(never.content[0]?.text)
    }
  }
  for (const { call } of [stranger, colleague, another]) {
    expect((await call('list_my_requests', {})).structuredContent.data).toEqual([])
  }
})

test('it declares tools, and that nobody is told of changes: whoever waits for some is let go at once', async () => {
  const key = await (await newTenant()).key('member')
  for (const versionNegotiation of [undefined, { mode: { pin: '2026-07-28' } } as const]) {
    const { client } = await connectWith(key, { versionNegotiation })
    expect(client.getServerCapabilities()).toEqual({ tools: { listChanged: false } })
  }
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  const params = { _meta: meta, notifications: { toolsListChanged: true } }
  const headers = { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'subscriptions/listen' }
  const answer = await post({ 'X-API-Key': key, ...headers }, { method: 'subscriptions/listen', params })
  const frames = (await answer.text()).split('\n\n').filter(Boolean)
  expect(frames).toEqual([expect.stringContaining('acknowledged'), expect.stringContaining('"complete"')])
})

test('it takes the keys of the API, and nothing else', async () => {
  expect((await post({})).status).toBe(401)
  expect((await post({ Authorization: 'Bearer cs_nobody' })).status).toBe(401)
  const key = await (await newTenant()).key('member')
  expect((await post({ 'X-API-Key': key })).status).toBe(200)
  expect((await post({ 'X-API-Key': key, 'X-Tenant-Id': 'another' })).status).toBe(403)
  expect((await post({ 'X-API-Key': key, Origin: here })).status).toBe(200)
  expect((await post({ 'X-API-Key': key, Origin: 'https://approvals.example.com' })).status).toBe(200)
  const elsewhere = await post({ 'X-API-Key': key, Origin: 'https://evil.example' })
  expect([elsewhere.status, await elsewhere.json()]).toEqual([403, expect.objectContaining({ code: 'cross_origin' })])
})

test.skipIf(overSocket)(
  'what a client does wrong is no error of the service, and not in its log as one; what the service does is',
  async () => {
    const tenant = await newTenant()
    const key = await tenant.key('member')
    const errors = vi.spyOn(console, 'error')
    const modern = { 'MCP-Protocol-Version': '2026-07-28' }
    const meta = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }
    const called = { method: 'tools/call', params: { name: 'list_my_requests', arguments: {} } }
    const sent = (headers: object, body: unknown) =>
      postText({ 'X-API-Key': key, ...headers }, typeof body === 'string' ? body : JSON.stringify(body))
    const message = { jsonrpc: '2.0', id: 1, method: 'ping' }
    const answers = [
      await sent({}, '{'),
      await sent({}, '[]'),
      await sent({}, { hello: 'you' }),
      await sent({}, { ...message, method: 'nothing/such' }),
      await sent({}, { ...message, ...called, params: { name: 'approve', arguments: {} } }),
      await sent({ 'Content-Type': 'text/plain' }, message),
      await sent({ Accept: 'text/html' }, message),
      await sent({ 'MCP-Protocol-Version': '1999-01-01' }, message),
      await sent(
        { ...modern, 'Mcp-Method': 'tools/list' },
        { ...message, ...called, params: { ...called.params, ...meta } },
      ),
      await sent(modern, {
        ...message,
        params: { _meta: { 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } },
      }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 200, 200, 415, 406, 400, 400, 400])
    const twice = await (
      await sent({}, [
        { ...message, ...called },
        { ...message, ...called },
      ])
    ).text()
    expect(twice).toContain('invalid_input')
    expect(errors).not.toHaveBeenCalled()

    errors.mockReturnValue(undefined)
    const headers = { 'Content-Type': 'application/json' }
    const request = new Request(`${here}/mcp`, { method: 'POST', headers })
    const broken = {
      ...tenant.ctx('member'),
      get env(): Env {
        throw new Error('The files of the Worker are not there.')
      },
    }
    expect((await serve(broken, request, JSON.stringify(message))).status).toBe(500)
    expect(errors.mock.calls).toEqual([[expect.objectContaining({ error: expect.stringContaining('not there') })]])

    const { actor } = tenant.ctx('member')
    const { db } = faultyD1(env.DB, () => faults[0]!)
    const overloaded = createContext({ ...env, DB: db }, { actor, requestId: 'test' })
    const accepting = new Request(request, { headers: { ...headers, Accept: 'application/json, text/event-stream' } })
    const failed = await serve(overloaded, accepting, JSON.stringify({ ...message, ...called }))
    expect(await failed.text()).toContain('storage_unavailable')
    expect(errors).toHaveBeenLastCalledWith(expect.objectContaining({ code: 'storage_unavailable' }))
    errors.mockRestore()
  },
)

test.skipIf(overSocket)(
  'a page whose name leads to this machine for a while is still a page of another site',
  async () => {
    const key = await (await newTenant()).key('member')
    const from = async (Origin: string) => (await post({ 'X-API-Key': key, Origin }, undefined, Origin)).status
    for (const origin of ['http://localhost:8787', 'http://127.0.0.1:8787', 'http://[::1]:8787', 'https://any.example'])
      expect([origin, await from(origin)]).toEqual([origin, 200])
    for (const origin of ['http://evil.example', 'http://localhost.evil.example:8787', 'http://192.168.1.7:8787'])
      expect([origin, await from(origin)]).toEqual([origin, 403])
  },
)
