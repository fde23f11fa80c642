import { endpoint, json } from '../http/endpoint.ts'
import type { AppContext } from '../http/environment.ts'
import { jsonText } from '../http/json-text.ts'
import { linkOn } from '../http/pagination.ts'
import { createRouter } from '../http/router.ts'
import { iso } from '../http/time.ts'
import { invalidInput } from '../refusal.ts'
import type { ToldEvent } from './events.store.ts'
import { exportHistory } from './export-history.ts'
import { getCheckpoint } from './head.ts'
import * as schemas from './history.schemas.ts'
import { proveConsistency, proveInclusion } from './proofs.ts'
import { readFeed } from './read-feed.ts'
import { sealableOf } from './told.ts'

const ndjson = 'application/x-ndjson'
const tags = ['History']
const lines = { schema: schemas.linesSchema, example: schemas.lineExample }
const sealed = ['not_sealed', 'history_forked'] as const

/** The tenant's history: to follow, and to prove. */
export const historyRoutes = createRouter()
  .openapi(
    endpoint({
      method: 'get',
      path: '/v1/events',
      operationId: 'listEvents',
      tags,
      summary: 'Follow what happens, in the order in which it was committed',
      description:
        'Ask again with `after` set to `next`: nothing is left out, and nothing comes twice, however much is written meanwhile. ' +
        'With `Accept: application/x-ndjson` each event is a line, and the header `Link` says where to go on.',
      roles: ['admin'],
      request: { query: schemas.feedQuery },
      responses: {
        200: {
          description: 'The next events, oldest first.',
          headers: { Link: { description: 'Where to go on: `<…>; rel="next"`.', schema: { type: 'string' } } },
          content: { ...json(schemas.feedSchema), [ndjson]: lines },
        },
      },
    }),
    async (c) => {
      const { after = 0, limit = 100, types = [] } = c.req.valid('query')
      const ctx = c.get('ctx')
      const { events, next } = await readFeed(ctx, { after, limit, types })
      const shown = events.map((event) => render(ctx.actor.tenantId, event))
      linkOn(c, ['after'], `after=${next}`)
      c.header('Vary', 'Accept', { append: true })
      if (takesLines(c)) return answerLines(c, shown.map((line) => `${line}\n`).join(''))
      return jsonText(c, `{"data":[${shown.join()}],"next":${next}}`, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: '/v1/history/checkpoint',
      operationId: 'getCheckpoint',
      tags,
      summary: 'The newest signed checkpoint of the history',
      description:
        'Keep it: any later history has to continue the one that it describes. With `Accept: text/plain`, the answer is the ' +
        'signed note alone.',
      roles: ['admin'],
      request: {},
      responses: {
        200: {
          description: 'How far the history is sealed.',
          content: {
            ...json(schemas.checkpointSchema),
            'text/plain': { schema: schemas.noteSchema, example: schemas.noteExample },
          },
        },
      },
      refuses: [...sealed, 'signing_unavailable'],
    }),
    async (c) => {
      const { origin, size, root, checkpoint, sealedAt, verifierKey } = await getCheckpoint(c.get('ctx'))
      c.header('Vary', 'Accept', { append: true })
      if (c.req.header('Accept')?.includes('text/plain')) return c.text(checkpoint, 200) as never
      return c.json({ origin, size, root, sealed_at: iso(sealedAt), checkpoint, verifier_key: verifierKey }, 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: '/v1/history/proof',
      operationId: 'proveEvent',
      tags,
      summary: 'Prove that an event is in the sealed history',
      description:
        'An inclusion proof (RFC 9162, 2.1.3), which verifies the event against a checkpoint of the same size.',
      roles: ['admin'],
      request: { query: schemas.proofQuery },
      responses: { 200: { description: 'The proof.', content: json(schemas.inclusionSchema) } },
      refuses: ['not_found', ...sealed],
    }),
    async (c) => c.json(await proveInclusion(c.get('ctx'), c.req.valid('query').event), 200),
  )
  .openapi(
    endpoint({
      method: 'get',
      path: '/v1/history/consistency',
      operationId: 'proveConsistency',
      tags,
      summary: 'Prove that the history was only ever added to',
      description: 'A consistency proof (RFC 9162, 2.1.4) between two checkpoints of these sizes.',
      roles: ['admin'],
      request: { query: schemas.consistencyQuery },
      responses: { 200: { description: 'The proof.', content: json(schemas.consistencySchema) } },
      refuses: ['not_sealed'],
    }),
    async (c) => {
      const { from, to } = c.req.valid('query')
      if (to !== undefined && to < from) {
        throw invalidInput([{ in: 'query', pointer: '/to', message: `must be at least from, ${from}` }])
      }
      return c.json(await proveConsistency(c.get('ctx'), from, to), 200)
    },
  )
  .openapi(
    endpoint({
      method: 'get',
      path: '/v1/history/export',
      operationId: 'exportHistory',
      tags,
      summary: 'Export the sealed history, to verify it elsewhere',
      description:
        'All sealed events, a line each, with their data as text, then `{checkpoint, keys}`. `npm run verify-history -- FILE` ' +
        'checks such a file offline, and names the first event that does not fit.',
      roles: ['admin'],
      request: {},
      responses: { 200: { description: 'The history.', content: { [ndjson]: lines } } },
      refuses: ['not_sealed', 'signing_unavailable'],
    }),
    async (c) => answerLines(c, await exportHistory(c.get('ctx'))),
  )

function takesLines(c: AppContext): boolean {
  return c.req.header('Accept')?.includes(ndjson) ?? false
}

/** Answers with lines of JSON. */
function answerLines(c: AppContext, body: string | ReadableStream) {
  return c.body(body as string, 200, { 'Content-Type': ndjson }) as never
}

/** An event as JSON text, in which its data is as it is stored, to the letter. */
function render(tenant: string, event: ToldEvent): string {
  const shown = { ...sealableOf(tenant, event), salt: event.salt, erased_at: iso(event.erased_at) }
  return `${JSON.stringify(shown).slice(0, -1)},"data":${event.data}}`
}
