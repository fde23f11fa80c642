import { expect, test } from 'vitest'
import { newTenant } from '../support/tenant.ts'

const path = '/api/v1/claims'
const trip = { description: 'Train to Bern', amount: 4250, currency: 'CHF' }

async function cast() {
  const tenant = await newTenant()
  const [member, coordinator, admin, service] = (['member', 'coordinator', 'admin', 'service'] as const).map((role) =>
    tenant.as(role),
  )
  const submit = async (body: object = trip) => (await member!(path, { method: 'POST', body })).body.claim_id as string
  return { tenant, member: member!, coordinator: coordinator!, admin: admin!, service: service!, submit }
}

test('a member submits a claim and reads it', async () => {
  const { member } = await cast()
  const { status, body } = await member(path, { method: 'POST', body: trip })
  expect(status).toBe(201)
  expect(body).toMatchObject({ ...trip, status: 'pending', claimant_id: 'usr_member', batch_id: null })
  expect(body.claim_id).toMatch(/^clm_[0-7][0-9a-hjkmnp-tv-z]{25}$/)
  const read = await member(`${path}/${body.claim_id}`)
  expect(read.body).toEqual(body)
  expect(read.headers.get('ETag')).toBe('"1"')
})

test('a claim keeps every member it was given', async () => {
  const { member } = await cast()
  const whole = {
    ...trip,
    amount: Number.MAX_SAFE_INTEGER,
    expense_type: 'mileage',
    incurred_on: '2026-03-14',
    distance_km: 125.5,
    receipt_url: 'https://receipts.example/42.pdf',
    external_ref: 'exp-1',
  }
  const { body } = await member(path, { method: 'POST', body: whole })
  expect((await member(`${path}/${body.claim_id}`)).body).toMatchObject(whole)
})

test('up to 1,000 claims are submitted together, in order, all or none', async () => {
  const { member } = await cast()
  const claims = Array.from({ length: 1000 }, (_, index) => ({ ...trip, amount: index + 1 }))
  const { status, body } = await member(`${path}/bulk`, { method: 'POST', body: { claims } })
  expect(status).toBe(201)
  expect(body.data.map((claim: any) => claim.amount)).toEqual(claims.map((claim) => claim.amount))
  const one = await member(`${path}/bulk`, { method: 'POST', body: { claims: [...claims, trip] } })
  expect(one.status).toBe(422)
  const taken = { ...trip, external_ref: 'taken' }
  await member(path, { method: 'POST', body: taken })
  const none = await member(`${path}/bulk`, { method: 'POST', body: { claims: [trip, taken] } })
  expect(none).toMatchObject({ status: 409, body: { code: 'duplicate_external_ref' } })
  expect((await member(path)).body.pagination.total).toBe(1001)
})

test('an external_ref is unique in the tenant, and the refusal names the claim that has it', async () => {
  const { member, submit } = await cast()
  const first = await submit({ ...trip, external_ref: 'exp-7' })
  const second = await member(path, { method: 'POST', body: { ...trip, external_ref: 'exp-7' } })
  expect(second).toMatchObject({
    status: 409,
    body: { code: 'duplicate_external_ref', existing: [{ external_ref: 'exp-7', claim_id: first }] },
  })
  const other = (await newTenant()).as('member')
  expect((await other(path, { method: 'POST', body: { ...trip, external_ref: 'exp-7' } })).status).toBe(201)
  const claims = [trip, { ...trip, external_ref: 'twice' }, { ...trip, external_ref: 'twice' }]
  const within = await member(`${path}/bulk`, { method: 'POST', body: { claims } })
  expect(within.status).toBe(422)
  expect(within.body.errors).toMatchObject([{ pointer: '/claims/2/external_ref' }])
})

test('only admin and service submit in the name of somebody else', async () => {
  const { member, admin, service } = await cast()
  const body = { ...trip, claimant_id: 'usr_ana' }
  expect(await member(path, { method: 'POST', body })).toMatchObject({ status: 403, body: { code: 'actor_mismatch' } })
  for (const call of [admin, service]) {
    expect(await call(path, { method: 'POST', body })).toMatchObject({ status: 201, body: { claimant_id: 'usr_ana' } })
  }
})

test('lists narrow by status and claimant, and their totals are right', async () => {
  const { member, coordinator, admin, submit } = await cast()
  const [first] = [await submit(), await submit(), await submit()]
  await admin(path, { method: 'POST', body: { ...trip, claimant_id: 'usr_ana' } })
  await coordinator(`${path}/${first}/approve`, { method: 'POST' })
  const total = async (query: string) => {
    const { body } = await member(`${path}?${query}`)
    expect(body.data).toHaveLength(body.pagination.total)
    return body.pagination.total
  }
  expect(await total('')).toBe(4)
  expect(await total('status=pending')).toBe(3)
  expect(await total('status=approved')).toBe(1)
  expect(await total('status=withdrawn')).toBe(0)
  expect(await total('claimant_id=usr_member')).toBe(3)
  expect(await total('claimant_id=usr_ana&status=pending')).toBe(1)
  expect(await total('claimant_id=usr_ana&status=approved')).toBe(0)
})

test('pages and cursors walk the same list, newest first', async () => {
  const { member, submit } = await cast()
  const ids: string[] = []
  for (let index = 0; index < 7; index += 1) ids.unshift(await submit())
  const pages = [
    await member(`${path}?limit=3`),
    await member(`${path}?limit=3&page=2`),
    await member(`${path}?limit=3&page=3`),
  ]
  const idsOf = (answers: { body: any }[]) =>
    answers.flatMap(({ body }) => body.data.map((claim: any) => claim.claim_id))
  expect(idsOf(pages)).toEqual(ids)
  expect(pages.map(({ body }) => body.pagination)).toEqual([1, 2, 3].map((page) => ({ page, limit: 3, total: 7 })))
  const walked = [await member(`${path}?limit=3`)]
  for (;;) {
    const link = walked.at(-1)!.headers.get('Link')
    if (!link) break
    const next = new URL(/<(.*)>; rel="next"/.exec(link)![1]!)
    walked.push(await member(next.pathname + next.search))
  }
  expect(walked).toHaveLength(3)
  expect(idsOf(walked)).toEqual(ids)
})

test('a coordinator approves, with or without a comment', async () => {
  const { coordinator, submit } = await cast()
  const [one, two] = [await submit(), await submit()]
  const bare = await coordinator(`${path}/${one}/approve`, { method: 'POST' })
  expect(bare).toMatchObject({
    status: 200,
    body: { status: 'approved', decided_by: 'usr_coordinator', comment: null },
  })
  const said = await coordinator(`${path}/${two}/approve`, { method: 'POST', body: { comment: 'Fine' } })
  expect(said.body).toMatchObject({ status: 'approved', comment: 'Fine' })
})

test('an empty body declared as JSON is no body', async () => {
  const { coordinator, submit } = await cast()
  const headers = { 'Content-Type': 'application/json' }
  expect((await coordinator(`${path}/${await submit()}/approve`, { method: 'POST', headers })).status).toBe(200)
})

test('a rejection needs a comment', async () => {
  const { coordinator, submit } = await cast()
  const id = await submit()
  for (const body of [{}, { comment: '' }, { comment: '  ' }, { comment: '\u200b' }, { comment: null }]) {
    const refused = await coordinator(`${path}/${id}/reject`, { method: 'POST', body })
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ in: 'body', pointer: '/comment' }] } })
  }
  const rejected = await coordinator(`${path}/${id}/reject`, { method: 'POST', body: { comment: 'No receipt' } })
  expect(rejected.body).toMatchObject({ status: 'rejected', comment: 'No receipt' })
})

test('nobody decides their own claim, not even an admin', async () => {
  const { coordinator, admin } = await cast()
  for (const call of [coordinator, admin]) {
    const { body } = await call(path, { method: 'POST', body: trip })
    const refused = await call(`${path}/${body.claim_id}/approve`, { method: 'POST' })
    expect(refused).toMatchObject({ status: 403, body: { code: 'self_approval' } })
  }
})

test('the same decision again answers the same; another one names the winner', async () => {
  const { tenant, coordinator, admin, submit } = await cast()
  const id = await submit()
  const first = await coordinator(`${path}/${id}/approve`, { method: 'POST' })
  const again = await coordinator(`${path}/${id}/approve`, { method: 'POST' })
  expect(again.status).toBe(200)
  expect(again.body).toEqual(first.body)
  const winner = { decision: 'approved', decided_by: 'usr_coordinator', decided_at: first.body.decided_at }
  const other = await coordinator(`${path}/${id}/reject`, { method: 'POST', body: { comment: 'Wait' } })
  expect(other).toMatchObject({ status: 409, body: { code: 'already_decided', winner } })
  for (const call of [admin, tenant.as('coordinator2', ['coordinator'])]) {
    const late = await call(`${path}/${id}/approve`, { method: 'POST' })
    expect(late).toMatchObject({ status: 409, body: { code: 'already_decided', winner } })
  }
})

test('of many who decide at once exactly one wins, and the others learn who', async () => {
  const { tenant, submit } = await cast()
  const id = await submit()
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => {
      const call = tenant.as(`c${index}`, ['coordinator'])
      return index % 2
        ? call(`${path}/${id}/approve`, { method: 'POST' })
        : call(`${path}/${id}/reject`, { method: 'POST', body: { comment: 'No' } })
    }),
  )
  const won = answers.filter(({ status }) => status === 200)
  expect(won).toHaveLength(1)
  const { decided_by, decided_at, status: decision } = won[0]!.body
  for (const { status, body } of answers.filter((answer) => answer !== won[0])) {
    expect([status, body.winner]).toEqual([409, { decision, decided_by, decided_at }])
  }
})

test('If-Match: a decision on a state that has passed changes nothing', async () => {
  const { coordinator, submit } = await cast()
  const id = await submit()
  const etag = (await coordinator(`${path}/${id}`)).headers.get('ETag')!
  for (const stale of ['"0"', '"nonsense"', `W/${etag}`]) {
    const refused = await coordinator(`${path}/${id}/approve`, { method: 'POST', headers: { 'If-Match': stale } })
    expect(refused).toMatchObject({ status: 412, body: { code: 'precondition_failed', etag } })
  }
  expect((await coordinator(`${path}/${id}`)).body.status).toBe('pending')
  const headers = { 'If-Match': `"7", ${etag}` }
  expect((await coordinator(`${path}/${id}/approve`, { method: 'POST', headers })).status).toBe(200)
  expect((await coordinator(`${path}/${id}/approve`, { method: 'POST', headers })).status).toBe(200)
})

test('the claimant withdraws a pending claim; nobody else can', async () => {
  const { member, coordinator, submit } = await cast()
  const id = await submit()
  expect(await coordinator(`${path}/${id}`, { method: 'DELETE' })).toMatchObject({
    status: 403,
    body: { code: 'not_requester' },
  })
  const first = await member(`${path}/${id}`, { method: 'DELETE' })
  expect(first).toMatchObject({ status: 200, body: { status: 'withdrawn' } })
  expect((await member(`${path}/${id}`, { method: 'DELETE' })).body).toEqual(first.body)
  const late = await coordinator(`${path}/${id}/approve`, { method: 'POST' })
  expect(late).toMatchObject({ status: 409, body: { code: 'already_withdrawn', winner: { decision: 'withdrawn' } } })
  const decided = await submit()
  await coordinator(`${path}/${decided}/approve`, { method: 'POST' })
  expect(await member(`${path}/${decided}`, { method: 'DELETE' })).toMatchObject({
    status: 409,
    body: { code: 'already_decided' },
  })
})

test('null is as good as leaving a member out', async () => {
  const { member, coordinator } = await cast()
  const nothing = {
    expense_type: null,
    incurred_on: null,
    distance_km: null,
    receipt_url: null,
    external_ref: null,
    claimant_id: null,
  }
  const claim = { description: 'Train', amount: 1, currency: 'EUR' }
  const made = await member(path, { method: 'POST', body: { ...claim, ...nothing } })
  expect(made).toMatchObject({ status: 201, body: { ...nothing, claimant_id: 'usr_member' } })
  const batch = await coordinator('/api/v1/approval-batches', {
    method: 'POST',
    body: { claim_ids: [made.body.claim_id], comment: null, coordinator_id: null, process_at: null },
  })
  expect(batch).toMatchObject({ status: 201, body: { coordinator_id: 'usr_coordinator' } })
})

test('bad input is a 422 that names every fault', async () => {
  const { member } = await cast()
  const faults = async (body: unknown, to = path) => {
    const answer = await member(to, { method: 'POST', body })
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_input' } })
    return answer.body.errors.map((fault: any) => fault.pointer)
  }
  for (const amount of [0, -1, 1.5, '100', null, 9007199254740992, 1e300]) {
    expect(await faults({ ...trip, amount })).toEqual(['/amount'])
  }
  for (const currency of ['chf', 'XYZ', '', 7, 'CHFF'])
    expect(await faults({ ...trip, currency })).toEqual(['/currency'])
  for (const description of ['', '   ', 'x'.repeat(1001), 5])
    expect(await faults({ ...trip, description })).toEqual(['/description'])
  expect(await faults({ ...trip, incurred_on: '2026-02-30' })).toEqual(['/incurred_on'])
  expect(await faults({ ...trip, receipt_url: 'javascript:alert(1)' })).toEqual(['/receipt_url'])
  expect(await faults({ ...trip, 'a/b~c': 1 })).toEqual(['/a~1b~0c'])
  expect((await faults({})).sort()).toEqual(['/amount', '/currency', '/description'])
  for (const body of ['[]', '"text"', '7', 'null', 'true']) expect(await faults(body)).toEqual([''])
  expect(await faults({ claims: [] }, `${path}/bulk`)).toEqual(['/claims'])
  expect(await faults({ claims: [trip, { ...trip, amount: 0 }, { ...trip, currency: 'x' }] }, `${path}/bulk`)).toEqual([
    '/claims/1/amount',
    '/claims/2/currency',
  ])
})
