/* The operations of the document with what it gives for their examples, as a page fills them in ("Try it out"). */

/**
 * What the demo data cannot have: its id is that of what another operation has made. An endpoint has a secret, which is
 * encrypted under a key that each server has for itself; a delivery has an endpoint.
 */
export const madeBy: Record<string, string> = {
  '/v1/webhook-endpoints/{id}': 'createWebhookEndpoint',
  '/v1/webhook-deliveries/{id}': 'testWebhookEndpoint',
}

/** What is changed may be started afterwards, and what is deleted is gone. */
const order = ['GET', 'PUT', 'PATCH', 'POST', 'DELETE']

/** An operation, and how to send it as it is filled in. */
export interface Trial {
  operationId: string
  /** @throws Error that says what went wrong */
  run(): Promise<void>
}

/** Every operation of a document, in an order in which each can work once on fresh demo data. */
export function trials({ paths }: { paths: object }, send: (request: Request) => Promise<Response>): Trial[] {
  const made = new Map<string, string>()
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries<any>(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  )
  const makers = Object.values(madeBy)
  const rank = ({ operationId, method }: (typeof all)[number]) =>
    makers.includes(operationId) ? makers.indexOf(operationId) : makers.length + order.indexOf(method)
  return all
    .toSorted((a, b) => rank(a) - rank(b))
    .map((operation) => ({
      operationId: operation.operationId,
      async run() {
        const maker = Object.entries(madeBy).find(([start]) => operation.path.startsWith(start))?.[1]
        const response = await send(prefilled(operation, maker === undefined ? undefined : made.get(maker)))
        const isStream = /event-stream|ndjson/.test(response.headers.get('Content-Type') ?? '')
        if (isStream) return void (await response.body?.cancel())
        const text = await response.text()
        if (!response.ok) throw new Error(`${operation.operationId} answered ${text}`)
        made.set(operation.operationId, JSON.parse(text).id)
      },
    }))
}

/** The request of an operation as it is filled in; `id` instead of that of the example. */
function prefilled(operation: any, id: string | undefined): Request {
  const { operationId, method, requestBody } = operation
  const { path, query, headers, body } = filledIn(operation, id)
  headers.set('X-API-Key', `cs_demo_${senderOf(operation)}`)
  if (headers.has('Idempotency-Key')) throw new Error(`${operationId} has the same Idempotency-Key for everybody`)
  if (requestBody && body === undefined) throw new Error(`${operationId} has no example of its body`)
  if (body !== undefined) headers.set('Content-Type', 'application/json')
  const url = `https://countersign.test${path}?${query}`
  return new Request(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
}

/** Whose key sends it: of a role that the document names; what anybody may, a member does. */
function senderOf({ 'x-roles': [role] = ['any'] }: { 'x-roles'?: string[] }): string {
  return role === 'any' ? 'member' : role!
}

/**
 * An operation with what the document gives for its examples.
 *
 * @param id goes into the path, instead of that of the example
 */
export function filledIn({ operationId, path, parameters = [], requestBody }: any, id?: string) {
  let filled: string = path
  const query = new URLSearchParams()
  const headers = new Headers()
  for (const { in: place, name, required, schema, example } of parameters) {
    const value = (place === 'path' ? id : undefined) ?? example ?? schema.example ?? schema.default
    if (value === undefined && required) throw new Error(`${operationId} has no example of ${name}`)
    if (value === undefined) continue
    if (place === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(value))
    else if (place === 'query') query.set(name, value)
    else headers.set(name, value)
  }
  return { path: filled, query, headers, body: requestBody?.content['application/json'].example as unknown }
}
