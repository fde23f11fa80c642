import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { Webhook } from 'standardwebhooks'
import { submitClaims } from '../support/batches.ts'
import { heldResult, invoiceGate } from '../support/gates.ts'
import { arrived, newReceiver } from '../support/receiver.ts'
import { newTenant } from '../support/tenant.ts'

const instance = () => `/internal/v1/instances/${crypto.randomUUID()}`
const call = { action: 'refund', skill_slug: 'payments', serialized_intent: { order: 'o_1', amount: 1 } }
const ask = { ...call, customer_id: '160c0c4b-9966-4dc1-a916-8407eb10d74e' }

test('an intent is read by its reference in any case: as asked, as resolved, as replayed', async () => {
  const service = (await newTenant()).as('service')
  const base = instance()
  const asked = (await service(`${base}/approvals/request`, { method: 'POST', body: ask })).body
  const nothing = { resolver_role: null, resolution_channel: null, reported_by: null, outbox_id: null }
  const none = { ...nothing, outbox_status: null, outbox_attempt: null, outbox_error: null }
  const read = async (ref = asked.approval_ref) => (await service(`${base}/approvals/${ref}`)).body
  expect(await read()).toEqual({ ...asked, resolved_at: null, resolved_by: null, ...none })
  const resolution = {
    approval_ref: asked.approval_ref,
    action: 'approve',
    pin_verified: true,
    resolver_role: 'customer',
  }
  const body = { ...resolution, resolved_by: 'ann', resolution_channel: 'sms' }
  const resolved = (await service(`${base}/approvals/resolve`, { method: 'POST', body })).body
  expect(await read(asked.approval_ref.toLowerCase())).toMatchObject({
    ...resolved,
    serialized_intent: call.serialized_intent,
    reported_by: 'usr_service',
    outbox_status: 'pending',
    outbox_attempt: 0,
  })
  const entry = `${base}/outbox/${resolved.outbox_id}`
  expect((await service(entry)).body).toMatchObject({ status: 'pending', attempt: 0, lease_expires_at: null, ...call })
  const { lease_token, ...leased } = (await service(`${base}/outbox/lease`, { method: 'POST' })).body.entries[0]
  const inView = (await service(entry)).body
  expect(inView).toMatchObject({ ...leased, status: 'pending', result: null, error: null })
  expect(JSON.stringify(inView)).not.toContain(lease_token)
  const ack = { lease_token, outcome: 'succeeded', result: { refund: 're_7' } }
  await service(`${entry}/ack`, { method: 'POST', body: ack })
  expect((await service(entry)).body).toMatchObject({ status: 'succeeded', attempt: 1, result: { refund: 're_7' } })
  expect(await read()).toMatchObject({ status: 'approved', outbox_status: 'succeeded', outbox_attempt: 1 })
})

test('intents and entries are read by the clock, before any sweep', async () => {
  const tenant = await newTenant()
  const service = tenant.as('service')
  const base = instance()
  const late = (await service(`${base}/approvals/request`, { method: 'POST', body: ask })).body
  await env.DB.prepare('UPDATE approvals SET due_at = 5 WHERE tenant_id = ?').bind(tenant.id).run()
  expect((await service(`${base}/approvals/${late.approval_ref}`)).body).toMatchObject({
    status: 'expired',
    resolved_at: '1970-01-01T00:00:00.005Z',
    resolved_by: 'system:expiry',
  })
  const { approval_ref } = (await service(`${base}/approvals/request`, { method: 'POST', body: ask })).body
  const resolution = { approval_ref, action: 'approve', pin_verified: true, resolver_role: 'customer' }
  const { outbox_id } = (await service(`${base}/approvals/resolve`, { method: 'POST', body: resolution })).body
  await env.DB.prepare('UPDATE outbox SET execute_by = 5 WHERE id = ?').bind(outbox_id).run()
  expect((await service(`${base}/outbox/${outbox_id}`)).body.status).toBe('lapsed')
  expect((await service(`${base}/approvals/${approval_ref}`)).body.outbox_status).toBe('lapsed')
  const { approvals } = (await tenant.as('member')('/v1/approvals?status=approved')).body
  expect(approvals).toMatchObject([{ approval_ref, outbox_status: 'lapsed' }])
})

test('a delivery is read with the very body that was signed', async () => {
  const tenant = await newTenant()
  const receiver = await newReceiver(tenant)
  await submitClaims(tenant.as('member'), 1)
  const [sent] = await arrived(receiver, 1)
  const { status, body } = await tenant.as('admin')(`/v1/webhook-deliveries/${sent!.id}`)
  expect([status, JSON.parse(body.body)]).toEqual([200, sent!.body])
  const signature = new Webhook(receiver.secret).sign(sent!.id, new Date(sent!.timestamp * 1000), body.body)
  expect(sent!.signatures).toContain(signature)
})

test('results are listed newest first, by status, gate, reference and time', async () => {
  const tenant = await newTenant()
  const member = tenant.as('member')
  const [gate, other] = [await invoiceGate(tenant.as('admin')), await invoiceGate(tenant.as('admin'))]
  const submit = async (body: object) =>
    (await tenant.as('service')('/v1/structuring/results', { method: 'POST', body: { gate_id: gate, ...body } })).body
      .id
  const passed = await submit({ data: { total: 1, invoice: 'x' }, external_ref: 'a' })
  const held = await submit({ data: {}, external_ref: 'a' })
  const elsewhere = await heldResult(tenant.as('service'), other)
  const ids = async (query: string) => {
    const { body } = await member(`/v1/structuring/results?${query}`)
    expect(body.next).toBeNull()
    return body.data.map(({ id }: { id: string }) => id).sort()
  }
  expect(await ids('')).toEqual([passed, held, elsewhere].sort())
  expect(await ids('status=approved')).toEqual([passed])
  expect(await ids(`gate_id=${gate}`)).toEqual([passed, held].sort())
  expect(await ids(`gate_id=${gate}&status=pending`)).toEqual([held])
  expect(await ids('external_ref=a')).toEqual([passed, held].sort())
  expect(await ids('external_ref=a&status=approved')).toEqual([passed])
  expect(await ids(`created_before=${new Date(Date.now() - 3_600_000).toISOString()}`)).toEqual([])
  await tenant.as('reviewer')(`/v1/structuring/approvals/${held}/reject`, { method: 'POST' })
  expect(await ids(`gate_id=${gate}&status=rejected`)).toEqual([held])
  const { body } = await member('/v1/structuring/results?limit=1')
  const rest = await member(`/v1/structuring/results?limit=2&cursor=${body.next}`)
  expect([...body.data, ...rest.body.data].map(({ id }: any) => id).sort()).toEqual([passed, held, elsewhere].sort())
  expect(body.data[0]).not.toHaveProperty('data')
})

test('by a reference and a status, pages may be short and lead to all there are', async () => {
  const tenant = await newTenant()
  const service = tenant.as('service')
  const gate = await invoiceGate(tenant.as('admin'))
  const held = await heldResult(service, gate, { external_ref: 'a' })
  for (let made = 0; made < 4; made += 1) {
    const body = { gate_id: gate, data: { total: 1, invoice: 'x' }, external_ref: 'a' }
    await service('/v1/structuring/results', { method: 'POST', body })
  }
  const found: string[] = []
  let pages = 0
  for (let next: string | null | undefined; next !== null; pages += 1) {
    const cursor = next === undefined ? '' : `&cursor=${next}`
    const { body } = await service(`/v1/structuring/results?external_ref=a&status=pending&limit=2${cursor}`)
    found.push(...body.data.map(({ id }: { id: string }) => id))
    next = body.next
  }
  expect([found, pages]).toEqual([[held], 3])
})

test('a list of a time has what was created from then on and before then', async () => {
  const tenant = await newTenant()
  const member = tenant.as('member')
  const ids = await submitClaims(member, 3)
  for (const [at, id] of ids.entries())
    await env.DB.prepare('UPDATE approvals SET created_at = ? WHERE id = ?')
      .bind(at * 1000, id)
      .run()
  const listed = async (query: string) => {
    const { body } = await member(`/api/v1/claims?${query}`)
    expect(body.pagination.total).toBeNull()
    return body.data.map((claim: any) => claim.claim_id)
  }
  expect(await listed('created_from=1970-01-01T00:00:01Z')).toEqual([ids[2], ids[1]])
  expect(await listed('created_before=1970-01-01T01:00:01%2B01:00')).toEqual([ids[0]])
  expect(await listed('created_from=1970-01-01T00:00:01Z&created_before=1970-01-01T00:00:02Z')).toEqual([ids[1]])
  expect(await listed('created_before=1970-01-01T00:00Z')).toEqual([])
})
