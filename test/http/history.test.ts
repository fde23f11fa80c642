import { env } from 'cloudflare:workers'
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { verifyExport } from '../../scripts/verify-export.ts'
import { leafOf } from '../../src/history/leaf.ts'
import { submitClaims } from '../support/batches.ts'
import { fetchAt } from '../support/fetch-at.ts'
import { continues, includes } from '../support/rfc9162.ts'
import { sealed } from '../support/sealed.ts'
import { newTenant, type Caller, type Tenant } from '../support/tenant.ts'

/* The tenant's history: to follow, to prove, and the receipts. */

const lines = { headers: { Accept: 'application/x-ndjson' } }

/** A tenant with some claims, of which the first is approved and the second rejected. */
async function busyTenant(): Promise<{ tenant: Tenant; admin: Caller; claims: string[] }> {
  const tenant = await newTenant()
  const claims = await submitClaims(tenant.as('member'), 4)
  const decide = (claim: string | undefined, how: string, comment: string) =>
    tenant.as('coordinator')(`/api/v1/claims/${claim}/${how}`, { method: 'POST', body: { comment } })
  await decide(claims[0], 'approve', 'Fine')
  await decide(claims[1], 'reject', 'The receipt is missing')
  return { tenant, admin: tenant.as('admin'), claims }
}

test('the feed has what happened in the order in which it did, and a follower goes on where it ended', async () => {
  const { admin, tenant, claims } = await busyTenant()
  const { body } = await admin('/v1/events')
  expect(body.data.map(({ seq }: any) => seq)).toEqual([1, 2, 3, 4, 5, 6])
  expect(body.data[4]).toMatchObject({
    tenant: tenant.id,
    type: 'claim.approved',
    resource: claims[0],
    actor: 'usr_coordinator',
    from: 'pending',
    to: 'approved',
    vote: { vote: 'approve', revision: 1, reported_by: null },
    data: { comment: 'Fine' },
    salt: expect.stringMatching(/^[0-9a-f]{32}$/),
  })
  expect(body.next).toBe(6)
  const first = await admin('/v1/events?limit=4')
  expect([first.body.data.length, first.body.next]).toEqual([4, 4])
  expect(first.headers.get('Link')).toMatch(/^<.*\/v1\/events\?limit=4&after=4>; rel="next"$/)
  const second = await admin(`/v1/events?after=${first.body.next}`)
  expect([...first.body.data, ...second.body.data]).toEqual(body.data)
  expect((await admin('/v1/events?after=6')).body).toEqual({ data: [], next: 6 })
  expect((await admin('/v1/events?after=999')).body).toEqual({ data: [], next: 999 })
})

test('the feed may be narrowed to types; `next` goes on all the same', async () => {
  const { admin } = await busyTenant()
  const { body } = await admin('/v1/events?types=claim.rejected,claim.approved')
  expect([body.data.map(({ seq }: any) => seq), body.next]).toEqual([[5, 6], 6])
  expect((await admin('/v1/events?types=claim.rejected&limit=5')).body).toEqual({ data: [], next: 5 })
  for (const query of [
    'types=',
    'types=claim',
    'types=claim.approved,',
    'after=-1',
    'limit=0',
    'limit=101',
    'page=1',
  ]) {
    expect([query, (await admin(`/v1/events?${query}`)).status]).toEqual([query, 422])
  }
})

test('as lines the feed says the same, and where to go on', async () => {
  const { admin } = await busyTenant()
  const { body } = await admin('/v1/events?limit=5')
  const asLines = await admin('/v1/events?limit=5', lines)
  expect(asLines.headers.get('Content-Type')).toBe('application/x-ndjson')
  expect(asLines.headers.get('Vary')).toContain('Accept')
  expect(asLines.headers.get('Link')).toContain('after=5')
  expect(
    asLines.body
      .split('\n')
      .filter(Boolean)
      .map(JSON.parse as any),
  ).toEqual(body.data)
  expect((await admin('/v1/events?after=6', lines)).body).toBe('')
})

test('an event is proved by its id or its number, and its leaf is made of what the feed says', async () => {
  const { admin, tenant } = await busyTenant()
  await sealed(tenant.id)
  const { data } = (await admin('/v1/events')).body
  const checkpoint = (await admin('/v1/history/checkpoint')).body
  for (const [index, event] of data.entries()) {
    const proof = (await admin(`/v1/history/proof?event=${event.id}`)).body
    expect(includes(proof)).toBe(true)
    expect(proof).toMatchObject({ index, size: checkpoint.size, root: checkpoint.root, leaf: leafOf(event) })
    expect((await admin(`/v1/history/proof?event=${event.seq}`)).body).toEqual(proof)
  }
  expect((await admin('/v1/history/proof?event=evt_nobody')).body.code).toBe('not_found')
  expect((await admin('/v1/history/proof?event=7')).body.code).toBe('not_found')
  await submitClaims(tenant.as('member'), 1)
  expect((await admin('/v1/history/proof?event=7')).body.code).toBe('not_sealed')
})

test('a later checkpoint is proved to continue an earlier one', async () => {
  const { admin, tenant } = await busyTenant()
  await sealed(tenant.id)
  const before = (await admin('/v1/history/checkpoint')).body
  await submitClaims(tenant.as('member'), 9)
  await sealed(tenant.id)
  const after = (await admin('/v1/history/checkpoint')).body
  expect([after.origin, after.size]).toEqual([before.origin, before.size + 9])
  const proof = (await admin(`/v1/history/consistency?from=${before.size}&to=${after.size}`)).body
  expect(proof).toMatchObject({ from: { root: before.root }, to: { root: after.root } })
  expect(continues(proof)).toBe(true)
  expect((await admin(`/v1/history/consistency?from=${before.size}`)).body).toEqual(proof)
  expect((await admin('/v1/history/consistency?from=99')).body.code).toBe('not_sealed')
  expect((await admin('/v1/history/consistency?from=3&to=2')).body.errors[0].pointer).toBe('/to')
  expect((await admin('/v1/history/consistency')).status).toBe(422)
})

test('a checkpoint is a signed note, also alone', async () => {
  const { admin, tenant } = await busyTenant()
  await sealed(tenant.id)
  const { body } = await admin('/v1/history/checkpoint')
  expect(body.checkpoint).toMatch(
    new RegExp(`^${body.origin}\n6\n${body.root.replaceAll('+', '\\+')}\n\n— ${body.origin} \\S+\n$`),
  )
  const alone = await admin('/v1/history/checkpoint', { headers: { Accept: 'text/plain' } })
  expect([alone.headers.get('Content-Type'), alone.body]).toEqual([
    expect.stringMatching(/^text\/plain/),
    body.checkpoint,
  ])
})

test('where nothing is sealed there is no checkpoint, and no export', async () => {
  const admin = (await newTenant()).as('admin')
  for (const what of ['checkpoint', 'export', 'consistency?from=1']) {
    expect([what, (await admin(`/v1/history/${what}`)).body.code]).toEqual([what, 'not_sealed'])
  }
})

test('the export is verified offline, against an earlier checkpoint too', async () => {
  const { admin, tenant } = await busyTenant()
  await sealed(tenant.id)
  const earlier = (await admin('/v1/history/checkpoint')).body.checkpoint
  await submitClaims(tenant.as('member'), 3)
  await sealed(tenant.id)
  const { body } = await admin('/v1/history/export')
  const { keys } = (await admin('/.well-known/jwks.json')).body
  expect(JSON.parse(body.trim().split('\n').at(-1)).keys).toEqual(keys)
  const verified = await verifyExport(body.split('\n'), { earlier: [earlier], keys })
  expect(verified).toMatchObject({ head: { size: 9 }, erased: 0, signedBy: keys[0].kid })
})

test('a receipt is verified by jose with the published keys', async () => {
  const { admin, tenant, claims } = await busyTenant()
  const keys = createRemoteJWKSet(new URL('https://countersign.test/.well-known/jwks.json'), {
    [customFetch]: fetchAt as any,
  })
  const { digest } = (await admin(`/v1/approvals/${claims[0]}`)).body
  for (const [index, status] of ['approved', 'rejected'].entries()) {
    const { receipt } = (await tenant.as('member')(`/v1/approvals/${claims[index]}/receipt`)).body
    const { payload, protectedHeader } = await jwtVerify(receipt, keys, {
      typ: 'approval-receipt+jwt',
      algorithms: ['EdDSA'],
      subject: claims[index],
    })
    expect(protectedHeader).toMatchObject({ alg: 'EdDSA', kid: expect.any(String) })
    expect(payload).toMatchObject({
      tenant: tenant.id,
      kind: 'claim',
      requester: 'usr_member',
      status,
      decided_by: 'usr_coordinator',
      became: null,
      edited: false,
      policy_version: null,
      votes: [{ voter: 'usr_coordinator', vote: index === 0 ? 'approve' : 'reject', revision: 1 }],
      approved_digest: index === 0 ? digest : null,
    })
    const [header, , signature] = receipt.split('.')
    const forged = [
      header,
      btoa(JSON.stringify({ ...payload, decided_by: 'usr_member' })).replace(/=+$/, ''),
      signature,
    ]
    await expect(async () => jwtVerify(forged.join('.'), keys)).rejects.toThrow(/signature/)
  }
})

test('what is pending, withdrawn or unknown has no receipt; what has expired has one', async () => {
  const { admin, tenant, claims } = await busyTenant()
  const member = tenant.as('member')
  const receipt = (id: string | undefined) => admin(`/v1/approvals/${id}/receipt`)
  expect((await receipt(claims[2])).body.code).toBe('no_receipt')
  await member(`/api/v1/claims/${claims[2]}`, { method: 'DELETE' })
  expect((await receipt(claims[2])).body.code).toBe('no_receipt')
  expect((await receipt('clm_nobody')).body.code).toBe('not_found')
  const asked = { type: 'access', title: 'Please', expires_in_hours: 1 }
  const request = (await member('/v1/requests', { method: 'POST', body: asked })).body
  await env.DB.prepare('UPDATE approvals SET due_at = 1 WHERE id = ?').bind(request.id).run()
  const { body } = await receipt(request.id)
  expect(JSON.parse(atob(body.receipt.split('.')[1]))).toMatchObject({ status: 'expired', decided_by: 'system:expiry' })
})

test('what a batch has approved has a receipt once the batch has ended, and none once it is taken back', async () => {
  const { admin, tenant, claims } = await busyTenant()
  const receipt = () => admin(`/v1/approvals/${claims[3]}/receipt`)
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO batches (id, tenant_id, coordinator_id, status, total_claims, roles, created_by, created_at, updated_at, poke_at, write_id)
       VALUES (?1, ?2, 'usr_coordinator', 'processing', 1, '["coordinator"]', 'usr_coordinator', 1, 1, 9e15, '')`,
    ).bind(`bat_${tenant.id}`, tenant.id),
    env.DB.prepare(
      `UPDATE approvals SET status = 'approved', bulk_id = ?, decided_by = 'usr_coordinator', decided_at = 1, version = version + 1 WHERE id = ?`,
    ).bind(`bat_${tenant.id}`, claims[3]),
  ])
  expect((await receipt()).body.code).toBe('not_final')
  await env.DB.prepare("UPDATE batches SET status = 'completed', completed_at = 1, poke_at = NULL WHERE id = ?")
    .bind(`bat_${tenant.id}`)
    .run()
  expect((await receipt()).status).toBe(200)
  await env.DB.prepare(
    "UPDATE approvals SET status = 'pending', bulk_id = NULL, decided_by = NULL, decided_at = NULL WHERE id = ?",
  )
    .bind(claims[3])
    .run()
  expect((await receipt()).body.code).toBe('no_receipt')
})
