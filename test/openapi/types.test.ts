import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import openapiTypes, { astToString } from 'openapi-typescript'
import ts from 'typescript'
import { afterAll, expect, test } from 'vitest'
import { document } from './document.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-types-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a strict TypeScript says of a program that calls through a generated client, by the line at fault. */
function faults(program: string): Record<string, string> {
  const file = join(folder, 'program.ts')
  writeFileSync(file, program)
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
  }
  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([file], options))
  return Object.fromEntries(
    diagnostics.map(({ file: at, start = 0, messageText }) => [
      at && program.split('\n')[at.getLineAndCharacterOfPosition(start).line],
      ts.flattenDiagnosticMessageText(messageText, '\n'),
    ]),
  )
}

const client = `
import createClient from 'openapi-fetch'
import type { paths } from './api.ts'
const api = createClient<paths>({ baseUrl: 'http://localhost:8787' })
`

/** The calls of the README's journeys. */
const journeys = `
const body = { description: 'Train to Bern', amount: 4250, currency: 'CHF', external_ref: 'trip-42' } as const
await api.POST('/api/v1/claims', { body, params: { header: { 'idempotency-key': 'trip-42' } } })
await api.POST('/api/v1/claims', { body })
await api.POST('/api/v1/approval-batches', { body: { claim_ids: ['clm_9f2a3b4c'], coordinator_id: 'usr_coord99', comment: 'x' } })
await api.POST('/api/v1/approval-batches', { body: { claim_ids: ['clm_9f2a3b4c'], process_at: null } })
const batch_id = 'bat_1'
await api.PUT('/api/v1/approval-batches/{batch_id}', { params: { path: { batch_id } }, body: { claim_ids: ['clm_demo0001'] } })
await api.DELETE('/api/v1/approval-batches/{batch_id}', { params: { path: { batch_id } } })
const { data: claims, error } = await api.GET('/api/v1/claims', { params: { query: { limit: 5, external_ref: 'trip-42' } } })
const cursor: string | undefined = claims?.next ?? undefined
const code: 'not_found' | 'invalid_input' | undefined = error?.code === 'not_found' ? error.code : undefined

const payload = { config: { threshold: 650 } }
const change = { entityType: 'qualificationRule', entityId: 'qr_001', entityName: 'Rule', action: 'update', payload } as const
await api.POST('/api/v1/approvals', { body: change })
await api.POST('/api/v1/approvals/{id}', { params: { path: { id: 'x' } }, body: { action: 'approve', comments: 'Looks good' } })
await api.PUT('/api/v1/entities/{entityType}/{entityId}', {
  params: { path: { entityType: 'offer', entityId: 'of_1' } }, body: { entityName: 'Offer', data: {} },
})

const path = { instance_id: '497f6eca-6276-4993-bfeb-53cbbbba6f08' }
const intent = { action: 'refund', skill_slug: 'payments', customer_id: path.instance_id, serialized_intent: { amount: 49.9 } }
await api.POST('/internal/v1/instances/{instance_id}/approvals/request', { params: { path }, body: intent })
const answer = { action: 'approve', approval_ref: 'APR-7K2M', pin_verified: true, resolver_role: 'customer' } as const
await api.POST('/internal/v1/instances/{instance_id}/approvals/resolve', { params: { path }, body: answer })
await api.POST('/internal/v1/instances/{instance_id}/outbox/lease', { params: { path }, body: { max: 1 } })
await api.POST('/internal/v1/instances/{instance_id}/outbox/lease', { params: { path } })
await api.POST('/internal/v1/instances/{instance_id}/outbox/{outbox_id}/ack', {
  params: { path: { ...path, outbox_id: 'out_1' } }, body: { lease_token: 'lse_1', outcome: 'succeeded' },
})
const all = await api.GET('/v1/approvals', { params: { query: { status: 'pending', limit: 5 } } })
for (const item of all.data?.approvals ?? []) {
  if (item.kind === 'intent') item.approval_ref satisfies string
  if (item.kind === 'claim') item.amount satisfies number
}

const config = { field: 'total_amount', max: 1_000_000 }
await api.POST('/v1/structuring/checks', { body: { name: 'Amount', type: 'value_range', severity: 'warning', config } })
await api.POST('/v1/structuring/gates', {
  body: { name: 'Invoices', check_ids: ['a'], auto_approve_after_hours: 48, rules: [{ type: 'min_confidence', config: { threshold: 0.9 } }] },
})
await api.POST('/v1/structuring/results', { body: { gate_id: 'a', confidence: 0.97, data: { total_amount: 420 } } })
await api.POST('/v1/structuring/approvals/{id}/approve', { params: { path: { id: 'a' } } })

await api.POST('/v1/webhook-endpoints', { body: { url: 'http://localhost:8788/', event_types: ['claim.submitted'] } })
await api.POST('/v1/webhook-endpoints', { body: { url: 'https://hooks.example.com/' } })
await api.POST('/v1/webhook-endpoints/{id}/test', { params: { path: { id: 'whe_1' } } })
`

test('types that openapi-typescript generates by its own settings take the README’s calls, strictly', async () => {
  writeFileSync(join(folder, 'api.ts'), astToString(await openapiTypes(document)))
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'))
  const wrong = [
    "await api.POST('/api/v1/claims', { body: { description: 'x', amount: 1, currency: 'EURO' } })",
    "await api.POST('/v1/structuring/checks', { body: { name: 'x', type: 'value_range', config: { pattern: 'x' } } })",
    "await api.PUT('/api/v1/entities/{entityType}/{entityId}', { params: { path: { entityType: 'a', entityId: 'b' } }, body: { entityName: 'x' } })",
    "await api.POST('/v1/webhook-endpoints', { body: { url: 'https://x.example.com', event_types: ['claim.eaten'] } })",
  ]
  const found = faults([client, journeys, ...wrong].join('\n'))
  expect(found).toEqual(Object.fromEntries(wrong.map((call) => [call, expect.any(String)])))
}, 120_000)
