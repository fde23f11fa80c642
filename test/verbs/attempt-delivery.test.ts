import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { attemptDelivery, receiverOf } from '../../src/webhooks/attempt-delivery.ts'
import type { DueDelivery } from '../../src/webhooks/deliveries.store.ts'
import { newSecret } from '../../src/webhooks/secrets.ts'
import { inPlaceOf } from '../support/outside.ts'

const url = 'https://busy.example.com/'
const delivery: DueDelivery = {
  id: 'msg_1',
  event_type: 'claim.approved',
  tries: 0,
  event_id: 'evt_1',
  at: 1,
  resource_id: 'clm_1',
  actor_id: 'usr_1',
  from_status: 'pending',
  to_status: 'approved',
  digest: null,
  data: '{}',
  restricted: 0,
  title: 'Train to Bern',
  requester_id: 'usr_1',
  subject_type: null,
  subject_id: null,
  members: null,
  more: null,
}

// The platform keeps ten thousand timers at most.
test('an attempt that has been answered leaves no timer, however many follow within the time of one', async () => {
  inPlaceOf('busy.example.com', async () => new Response(null, { status: 204 }))
  const target = receiverOf({ url, include_restricted: 0 }, [newSecret()], env)
  const errors = new Set<string | null>()
  for (let n = 0; n < 10_100; n += 1) {
    const attempted = await attemptDelivery(delivery, target)
    errors.add(attempted === 'unsent' ? attempted : attempted.attempt.error)
  }
  expect([...errors]).toEqual([null])
})

test('a link to an approval leads to the origin that the operator names, whatever path that has; else there is none', async () => {
  const bodies: any[] = []
  inPlaceOf('busy.example.com', async (_, init) => {
    bodies.push(JSON.parse(String(init!.body)))
    return new Response(null, { status: 204 })
  })
  for (const PUBLIC_URL of ['https://ask.example.com', 'https://ask.example.com/x/', '', 'nonsense'])
    await attemptDelivery(delivery, receiverOf({ url, include_restricted: 0 }, [newSecret()], { ...env, PUBLIC_URL }))
  const link = 'https://ask.example.com/a/clm_1'
  expect(bodies.map(({ data }) => data.url)).toEqual([link, link, null, null])
})
