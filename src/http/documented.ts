import type { RouteConfig } from '@hono/zod-openapi'
import type { RefusalCode } from '../refusal.ts'
import type { Declaration } from './endpoint.ts'
import { refusing, type Refusing } from './refusing.ts'

/** What the OpenAPI document says of an operation, beyond what a request to it has to be. */
export function documented(declared: Declaration) {
  const { operationId, tags, summary, description, roles, takesBoundKeys = false } = declared
  return {
    operationId,
    tags,
    summary,
    description: [description, whoMay(declared)].filter(Boolean).join('\n\n'),
    security: [{ bearer: [] }, { apiKey: [] }],
    responses: withHeaders(declared),
    ...mayRefuse(declared),
    'x-roles': roles === 'any' ? ['any'] : roles,
    'x-bound-keys': takesBoundKeys,
  }
}

/** Who may call it. */
function whoMay({ roles, takesBoundKeys, yieldsToPolicies }: Declaration): string {
  const has = roles === 'any' ? 'Any role.' : `Roles: ${[...new Set([...roles, 'admin'])].join(', ')}.`
  const more = [
    ...(yieldsToPolicies ? ['Where a policy applies, whoever it names instead.'] : []),
    ...(takesBoundKeys ? ['Also keys that are bound to an agent instance.'] : []),
  ]
  return [has, ...more].join(' ')
}

/** The answers of an operation with the headers that they carry. */
function withHeaders({ responses, request, creates, refuses, tagged }: Declaration): RouteConfig['responses'] {
  const header = (description: string) => ({ description, schema: { type: 'string' as const } })
  const headers = {
    ...((tagged ?? refuses?.includes('precondition_failed')) && {
      ETag: header('Changes whenever what is shown changes; send it back in If-Match.'),
    }),
    ...(request?.query?.shape.cursor && { Link: header('The next page, `<…>; rel="next"`, if there is one.') }),
    ...(creates && { 'Idempotency-Replayed': header('`true` if this is the first answer again.') }),
  }
  if (Object.keys(headers).length === 0) return responses
  const carry = ([status, response]: [string, object]) => [
    status,
    status.startsWith('2') ? { ...response, headers } : response,
  ]
  return Object.fromEntries(Object.entries(responses).map(carry)) as RouteConfig['responses']
}

/** What it may refuse. */
function mayRefuse({ method, request, creates, faults, refuses = [] }: Declaration): Refusing {
  const codes = new Set<RefusalCode>([
    'unauthorized',
    'tenant_mismatch',
    'forbidden',
    ...(method === 'get' ? [] : (['cross_origin'] as const)),
    'invalid_input',
    ...(request?.body ? (['invalid_json', 'body_too_large', 'unsupported_media_type'] as const) : []),
    ...(creates ? (['idempotency_key_reused'] as const) : []),
    ...refuses,
    'rate_limited',
    'internal_error',
    'storage_unavailable',
    'sign_in_unavailable',
  ])
  return refusing([...codes], faults)
}
