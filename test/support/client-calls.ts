import type { Countersign } from '../../client/src/index.ts'

/*
 * Is compiled, and never runs: what a user of the client writes. A change of the API that breaks one of these calls
 * breaks the build, and so does one that lets pass what is marked as a fault.
 */

export async function calls(countersign: Countersign): Promise<void> {
  const asked = await countersign.request({ type: 'refund', title: 'Refund order 1001', details: { amount: 4990 } })
  const decision = await countersign.waitForDecision(asked.id, { timeout: 60_000 })
  decision.status satisfies 'pending' | 'approved' | 'rejected' | 'expired' | 'withdrawn' | 'lapsed' | 'revoked'
  const { details } = await countersign.redeem(asked)
  details satisfies Record<string, unknown> | null
  await countersign.report(asked.id, { outcome: 'succeeded', result: { run: 42 } })
  const found = await countersign.find('order-1001')
  found?.redemption?.state satisfies 'open' | 'redeemed' | 'revoked' | 'lapsed' | undefined

  const claim = await countersign.call('submitClaim', { body: { description: 'Taxi', amount: 2300, currency: 'EUR' } })
  const { claim_id } = claim
  await countersign.call('approveClaim', { path: { claim_id }, body: { comment: 'Fine' } })
  await countersign.call('processBatch', { body: { claim_ids: [claim_id] }, idempotencyKey: 'march' })
  for await (const { amount } of countersign.list('listClaims', { query: { status: 'pending' } }))
    amount satisfies number
  for await (const { entityType } of countersign.list('listChanges')) entityType satisfies string
  for await (const item of countersign.list('listApprovals')) item.kind satisfies string
  const change = { entityType: 'offer', entityId: 'of_1', entityName: 'Offer', action: 'delete' } as const
  await countersign.call('requestChange', { body: change })

  const path = { instance_id: '497f6eca-6276-4993-bfeb-53cbbbba6f08' }
  const { entries } = await countersign.call('leaseOutbox', { path, body: { max: 1 } })
  for (const { outbox_id, lease_token } of entries) {
    const body = { lease_token, outcome: 'succeeded' } as const
    await countersign.call('ackOutbox', { path: { ...path, outbox_id }, body })
  }
  await countersign.call('submitResult', { body: { gate_id: 'a', confidence: 0.97, data: { total_amount: 420 } } })
  await countersign.call('createWebhookEndpoint', { body: { url: 'https://hooks.example.com/' } })
  await countersign.call('createPerson', { body: { name: 'Ada', roles: ['reviewer'] } })
  const { headers } = await countersign.send('getApproval', { path: { id: claim_id } })
  headers satisfies Headers
  await countersign.call('whoAmI')
  const stream = await countersign.call('followBatch', { path: { batch_id: 'bat_1' } })
  stream.getReader() satisfies ReadableStreamDefaultReader<Uint8Array>
  ;(await countersign.call('exportHistory')).pipeThrough(new TextDecoderStream()) satisfies ReadableStream<string>
  const { data, next } = await countersign.call('listEvents', { query: { after: 0 } })
  data.map(({ seq }) => seq) satisfies number[]
  next satisfies number
  ;(await countersign.call('getCheckpoint')).size satisfies number

  // @ts-expect-error there is no such operation
  await countersign.call('eatClaim')
  // @ts-expect-error the path takes an id
  await countersign.call('getClaim')
  // @ts-expect-error an amount is a number
  await countersign.call('submitClaim', { body: { description: 'Taxi', amount: '23', currency: 'EUR' } })
  // @ts-expect-error a misspelt member
  await countersign.call('processBatch', { body: { claim_ids: [], proces_at: null } })
  // @ts-expect-error there is no such status
  await countersign.call('listClaims', { query: { status: 'eaten' } })
  // @ts-expect-error it does not list
  countersign.list('getClaim')
  // @ts-expect-error a request has a title
  await countersign.request({ type: 'refund' })
}
