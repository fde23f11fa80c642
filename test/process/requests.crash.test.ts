import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { digestOf } from '../../src/approvals/digest.ts'
import { startServer, type Server } from '../support/server.ts'

const size = 45
const path = '/v1/requests'
let server: Server

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await server?.dispose()
})

const post = (to: string, body: object, role = 'member', headers = {}) =>
  server.call(`${path}${to}`, { method: 'POST', body, key: `cs_demo_${role}`, headers })
const get = async (id: string) => (await server.call(`${path}/${id}`, { key: 'cs_demo_member' })).body
const history = async (id: string) => {
  const { body } = await server.call(`/v1/approvals/${id}/events`, { key: 'cs_demo_member' })
  return body.data.map(({ type }: { type: string }) => type.replace('request.', ''))
}

test.each([0, 1, 2])('a kill among all that is done, %i: each has happened, or it has not', async (moment) => {
  const asked: { id: string; digest: string }[] = []
  for (let index = 0; index < size; index += 1) {
    const { body } = await post('', { type: 'deployment', title: 'Deploy', details: { index } })
    if (index % 3 === 0) await post(`/${body.id}/approve`, {}, 'reviewer')
    asked.push(body)
  }
  const key = (id: string) => ({ 'Idempotency-Key': `redeem-${id}` })
  const redeem = ({ id, digest }: (typeof asked)[number]) => post(`/${id}/redeem`, { digest }, 'member', key(id))
  const approve = ({ id, digest }: (typeof asked)[number]) => post(`/${id}/approve`, { digest }, 'reviewer')
  const amend = ({ id }: (typeof asked)[number]) =>
    server.call(`${path}/${id}`, { method: 'PATCH', body: { details: { amended: true } }, key: 'cs_demo_member' })
  const acts = [redeem, approve, amend]
  const answers = new Map<number, unknown>()
  const calls = asked.map((one, index) =>
    acts[index % 3]!(one)
      .then(({ body }) => answers.set(index, body))
      .catch(() => undefined),
  )
  await vi.waitUntil(() => answers.size >= moment * 9, { interval: 1, timeout: 20_000 })
  await server.kill()
  await Promise.all(calls)
  await server.restart()

  for (const [index, one] of asked.entries()) {
    const { id, digest } = one
    const found = await get(id)
    const question = { id, kind: 'request', revision: found.revision, title: 'Deploy', requester: 'usr_member' }
    const what = { type: 'deployment', summary: null, details: found.details, subject: null }
    expect(found.digest).toBe(await digestOf({ ...question, what }))
    if (index % 3 === 0) {
      const again = await redeem(one)
      expect(again).toMatchObject({ status: 200, body: { digest, details: { index } } })
      if (answers.has(index)) expect(again.body).toEqual(answers.get(index))
      expect((await post(`/${id}/redeem`, { digest })).body.code).toBe('already_redeemed')
      expect(await history(id)).toEqual(['created', 'approved', 'redeemed'])
    } else if (index % 3 === 1) {
      if (answers.has(index)) expect(found.status).toBe('approved')
      expect(found.redemption?.state).toBe(found.status === 'approved' ? 'open' : undefined)
      expect((await approve(one)).status).toBe(200)
      expect((await post(`/${id}/redeem`, { digest })).status).toBe(200)
    } else {
      if (answers.has(index)) expect(found.revision).toBe(2)
      expect((await amend(one)).body).toMatchObject({ revision: 2, details: { amended: true } })
      expect(await history(id)).toEqual(['created', 'amended'])
    }
  }
})
