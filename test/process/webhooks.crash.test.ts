import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { startDelivering, until, type Delivering } from '../support/delivering.ts'
import { often } from '../support/scale.ts'

/* Deliveries to a real receiver, of a server that is killed in the worst moments. */

let here: Delivering

beforeAll(async () => {
  here = await startDelivering()
})
afterEach(() => here.endAll())
afterAll(() => here?.server.dispose())

test('a kill between commit and send: every event arrives', async () => {
  const { receiver } = await here.register()
  for (let round = 0; round < often(3); round += 1) {
    const ids = await here.submit(20)
    await here.server.kill()
    await here.server.restart()
    await here.upkeep()
    await until(() => ids.every((id) => receiver.arrivals.some(({ body }) => body.data.id === id)))
  }
  const first = new Map(receiver.arrivals.toReversed().map((arrival) => [arrival.body.data.id, arrival.id]))
  for (const { id, body } of receiver.arrivals) expect(first.get(body.data.id)).toBe(id)
})

test('a kill between send and recording: the same delivery arrives again, under the same id', async () => {
  const { receiver, id } = await here.register()
  receiver.answer = () => null
  const [claim] = await here.submit(1)
  await until(() => receiver.arrivals.length === 1)
  await here.server.kill()
  receiver.answer = () => 204
  await here.server.restart()
  await here.upkeep()
  await until(() => receiver.arrivals.length >= 2)
  const [first, again] = receiver.arrivals
  expect([first!.body.data.id, again!.id, again!.body]).toEqual([claim, first!.id, first!.body])
  await vi.waitFor(async () => {
    const { data } = (await here.call(`/v1/webhook-endpoints/${id}/deliveries`)).body
    expect(data).toMatchObject([{ id: first!.id, status: 'succeeded', attempt_count: 1 }])
  })
})

test('a kill among many: none is lost, none has two ids, the first attempts are in order', async () => {
  const { receiver } = await here.register()
  const ids = await here.submit(200)
  for (const moment of [90, 20, 150].slice(0, often(3)).toSorted((a, b) => a - b)) {
    await until(() => receiver.arrivals.length >= moment)
    await here.server.kill()
    await here.server.restart()
    await here.upkeep()
  }
  await until(() => new Set(receiver.arrivals.map(({ id }) => id)).size === 200)
  const firsts = [...new Set(receiver.arrivals.map(({ body }) => body.data.id))]
  expect(firsts).toEqual(ids)
})
