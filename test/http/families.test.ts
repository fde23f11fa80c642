import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { demoTenant } from '../../src/approvals/approvals.demo.ts'
import { expirer } from '../../src/approvals/states.ts'
import { families } from '../../src/families.ts'
import { maintain } from '../../src/maintenance/maintain.ts'
import { loadDemo } from '../support/demo.ts'
import { overSocket } from '../support/over-socket.ts'
import { operations } from '../support/promised.ts'
import { arrived, newReceiver } from '../support/receiver.ts'
import { send, tenantOf } from '../support/tenant.ts'
import { filledIn } from '../support/try-out.ts'

/*
 * What goes over all families, tried with each that is listed: on its own demo data, by the examples of its operations.
 */

const all = await operations()
const demo = tenantOf(demoTenant)
const dashboard = (query: string) => demo.as('member')(`/v1/approvals?limit=200&${query}`)

beforeAll(loadDemo)

/** Plain UUIDs are the ids of a family that has no prefix of its own. */
const uuid = '[0-9a-f]{8}-'

// They use the demo data up, which over a connection other tests need.
describe.skipIf(overSocket).each([...families])(
  '$kind',
  ({ kind, idPrefixes, events, refusals, introduction, tags, shows }) => {
    test('is on the dashboard, alone by its kind, with the members that it says it shows', async () => {
      const { body } = await dashboard(`kind=${kind}`)
      expect(body.approvals.length).toBeGreaterThan(0)
      expect(body.total).toBe(body.approvals.length)
      for (const approval of body.approvals) {
        expect(approval.kind).toBe(kind)
        expect(Object.keys(approval)).toEqual(expect.arrayContaining(Object.keys(shows.members)))
      }
      const { body: everything } = await dashboard('')
      expect(everything.approvals).toEqual(expect.arrayContaining(body.approvals))
    })

    test('what is asked for is told to an endpoint that wants the events of this family', async () => {
      const receiver = await newReceiver(demo, { event_types: events })
      const asking = all.filter(
        (one) => one.method === 'POST' && one.responses['201'] && Object.hasOwn(tags, one.tags[0]!),
      )
      for (const operation of asking) {
        const { path, body } = filledIn(operation)
        const role = operation['x-roles']?.find((one) => one !== 'any') ?? 'member'
        await demo.as(role as 'member')(path, { method: 'POST', body })
      }
      const [first] = await arrived(receiver, 1)
      expect(events).toContain(first!.body.type)
      const ids = idPrefixes.length === 0 ? uuid : `(${idPrefixes.join('|')})_`
      expect(first!.body.data.id).toMatch(new RegExp(`^${ids}`))
    })

    test('what nobody decides in time has expired: on the dashboard by the clock, in the history after a sweep', async () => {
      const id = (await dashboard(`kind=${kind}&status=pending`)).body.approvals.at(-1).id
      await env.DB.prepare("UPDATE approvals SET due_at = 5, on_due = 'expire' WHERE id = ?").bind(id).run()
      const seen = async (status: string) =>
        (await dashboard(`kind=${kind}&status=${status}`)).body.approvals.find((one: any) => one.id === id)
      const expired = { status: 'expired', decided_by: expirer, decided_at: '1970-01-01T00:00:00.005Z' }
      expect([await seen('pending'), await seen('expired')]).toEqual([undefined, expect.objectContaining(expired)])
      await maintain({ ...env, LOG_REQUESTS: 'off' }, Date.now())
      const after = await seen('expired')
      expect(after).toMatchObject({ status: 'expired', decided_by: expirer })
      const { results } = await env.DB.prepare('SELECT type FROM events WHERE resource_id = ?').bind(id).all()
      expect(results.at(-1)).toEqual({ type: `${kind}.expired` })
    })

    test('it is introduced, and its refusals are explained', async () => {
      expect((await send('/docs/concepts')).body).toContain(`<h3>${introduction.title}</h3>`)
      for (const code of Object.keys(refusals)) expect((await send(`/docs/errors/${code}`)).status).toBe(200)
    })
  },
)
