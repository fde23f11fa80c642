import { sql } from '../../../src/db/sql.ts'
import * as addressee from '../../../src/webhooks/addressees.store.ts'
import * as delivery from '../../../src/webhooks/deliveries.store.ts'
import * as endpoint from '../../../src/webhooks/endpoints.store.ts'
import { purgeDeliveries, selectWhetherPurgeable } from '../../../src/webhooks/purge.store.ts'
import { webhookDeliveries, webhookEndpoints } from '../../../src/webhooks/webhooks.table.ts'
import { ctx, firstPage, holds, laterPage, returns, returnsAllOf, rowOf, type Samples } from './sample.ts'

const found = sql`SELECT 't' AS tenant_id, 'a' AS resource_id, 'a.b' AS event_type, 'e' AS endpoint_id, '{}' AS members`
const told = [
  'at resource_id actor_id from_status to_status digest data restricted title requester_id subject_type subject_id members more',
  'id event_type tries event_id',
] as const
const due = { ...rowOf(webhookDeliveries), ...({} as delivery.DueDelivery) }
const attempt = { at: 'x', duration_ms: 1, response_status: null, response_body: null, error: null }
const purged = purgeDeliveries(ctx, 1, 5)
const endpointColumns = [
  'id tenant_id url event_types description include_restricted enabled disabled_reason secret old_secrets paused_until version created_at',
  'updated_at',
] as const

/** What the stores of webhooks build. */
export const samples: Samples = {
  'webhooks/addressees.store.ts': {
    addressEvents: addressee.addressEvents(ctx, found),
    areEndpoints: holds(addressee.areEndpoints(ctx, ['e'])),
    selectKnownEndpoints: returns(addressee.selectKnownEndpoints(ctx, ['e']), 'id'),
  },
  'webhooks/deliveries.store.ts': {
    takeEvents: delivery.takeEvents(ctx, 'e', 5),
    takeTest: delivery.takeTest(ctx, 'e'),
    isEnabled: holds(delivery.isEnabled(ctx, 'e')),
    isMade: holds(delivery.isMade('m')),
    selectDue: delivery.lanes.map((lane) => returns(delivery.selectDue(ctx, 'e', lane, 5, ['m']), ...told)),
    selectNext: delivery.lanes.map((lane) => returns(delivery.selectNext(ctx, 'e', lane), 'at paused_until')),
    recordAttempts: delivery.recordAttempts(ctx, [
      { delivery: due, attempt, status: 'succeeded', nextAt: null },
      { delivery: due, attempt, status: 'pending', nextAt: 1 },
    ]),
    failPending: returns(delivery.failPending(ctx, 'e', 5), 'failed'),
    replay: returns(delivery.replay(ctx, 'm'), 'endpoint_id'),
    selectDelivery: returnsAllOf(webhookDeliveries, delivery.selectDelivery(ctx, 'm'), 'event_id'),
    selectDeliveryInFull: returnsAllOf(
      webhookDeliveries,
      delivery.selectDeliveryInFull(ctx, 'm'),
      'event_id include_restricted',
      told[0],
    ),
    selectDeliveries: ([undefined, 'failed'] as const).flatMap((status) =>
      [firstPage, laterPage].map((page) =>
        returnsAllOf(webhookDeliveries, delivery.selectDeliveries(ctx, 'e', status, page), 'event_id'),
      ),
    ),
  },
  'webhooks/purge.store.ts': {
    selectWhetherPurgeable: returns(selectWhetherPurgeable(ctx, 1), 'purgeable'),
    purgeDeliveries: [returns(purged.old, 'gone'), returns(purged.orphaned, 'gone')],
  },
  'webhooks/endpoints.store.ts': {
    insertEndpoint: endpoint.insertEndpoint(ctx, rowOf(webhookEndpoints), 5),
    isStored: holds(endpoint.isStored('e')),
    updateEndpoint: [
      endpoint.updateEndpoint(ctx, 'e', {}),
      endpoint.updateEndpoint(ctx, 'e', { url: 'x', event_types: '[]', description: null, enabled: false }),
    ],
    disableGone: endpoint.disableGone(ctx, { id: 'e', url: 'x' }),
    pause: endpoint.pause(ctx, { id: 'e', url: 'x' }, 1),
    removeEndpoint: returns(endpoint.removeEndpoint(ctx, 'e'), 'id'),
    selectNaming: returns(endpoint.selectNaming(ctx, 'e'), 'what id'),
    replaceSecret: endpoint.replaceSecret(ctx, 'e', 's', 1),
    hasSecret: holds(endpoint.hasSecret('e', 's')),
    selectEndpoint: returns(endpoint.selectEndpoint(ctx, 'e'), ...endpointColumns),
    selectForSender: returns(endpoint.selectForSender(ctx, 'e'), ...endpointColumns),
    selectEndpoints: [firstPage, laterPage].map((page) =>
      returns(endpoint.selectEndpoints(ctx, page), ...endpointColumns),
    ),
    selectListeners: returns(endpoint.selectListeners(ctx, 't'), 'id waits'),
    selectWaiting: returns(endpoint.selectWaiting(ctx, 5), 'id tenant_id first repeated'),
    hasUntaken: holds(endpoint.hasUntaken, 'webhook_endpoints e'),
    purgeEndpoints: endpoint.purgeEndpoints(ctx),
  },
}
