import type { z } from '@hono/zod-openapi'
import { faultMessage } from '../fault-messages.ts'
import { jsonPointer } from '../json-pointer.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import type { Declaration } from './endpoint.ts'
import type { AppContext } from './environment.ts'
import type { Body } from './input.ts'
import { refuseOverRate } from './rate.ts'
import { keptJson, readMember, tooLarge } from './raw-json.ts'

/** A part of a request: what faults call it, what handlers ask for it by, its schema, and what was sent. */
interface Part {
  in: Fault['in']
  target: 'param' | 'query' | 'header' | 'json'
  schema: z.ZodType | undefined
  sent: unknown
}

function partsOf(c: AppContext, request: Declaration['request'], body: Body | undefined): Part[] {
  const { params, query, headers } = request ?? {}
  const schema = request?.body?.content['application/json'].schema
  return [
    { in: 'path', target: 'param', schema: params, sent: params && c.req.param() },
    { in: 'query', target: 'query', schema: query, sent: queryOf(c) },
    { in: 'header', target: 'header', schema: headers, sent: headers && headersOf(c, headers) },
    { in: 'body', target: 'json', schema, sent: body?.value },
  ]
}

/**
 * Validates what a request has sent, and hands it to its handler, which asks for it with `c.req.valid`.
 *
 * @throws Refusal that lists every fault, where there is one in any part
 */
export async function validate(c: AppContext, request: Declaration['request']): Promise<void> {
  for (const { target, schema, sent } of partsOf(c, request, c.get('body'))) {
    // What a body says may have to be looked at with something that is loaded first.
    const result = target === 'json' ? await schema?.safeParseAsync(sent) : schema?.safeParse(sent)
    if (result?.success === false) throw await refusalWithEveryFault(c)
    if (result) c.req.addValidatedData(target, result.data as object)
  }
}

/**
 * The text of the member that this operation keeps as it was sent; undefined where it is not there.
 *
 * @throws Refusal `body_too_large` or `invalid_input` where it is beyond `keptJson`
 */
export async function keptText(c: AppContext): Promise<string | undefined> {
  const keeps = c.get('endpoint')?.keeps
  const body = c.get('body')
  if (!keeps || !body) throw new Error('This operation declares no member that it keeps.')
  const { text, faults } = readMember(body.text, keeps)
  if (faults.length > 0) throw await refusalWithEveryFault(c)
  return text
}

/**
 * The refusal of a faulty request: the faults that its schemas find, those of the member that is kept as sent, and
 * those that only what is stored reveals.
 *
 * @param first what has been found already
 * @param body where it is not yet known to others
 */
export async function refusalWithEveryFault(
  c: AppContext,
  first: readonly Fault[] = [],
  body: Body | undefined = c.get('body'),
): Promise<Refusal> {
  const ctx = c.get('ctx')
  // A creation puts this off until it is known whether it was answered before; a faulty one never was.
  if (!ctx.idempotency) refuseOverRate(c)
  const endpoint = c.get('endpoint')
  const faults = [
    ...first,
    ...(await Promise.all(partsOf(c, endpoint?.request, body).map(faultsOf))).flat(),
    ...(endpoint?.keeps && body ? readMember(body.text, endpoint.keeps).faults : []),
  ]
  const further = (await endpoint?.further?.(ctx, { params: c.req.param(), body: body?.value })) ?? []
  const all = [...faults, ...notNamedIn(faults, further)]
  const [only] = all
  if (all.length > 1 || only?.type !== tooLarge) return invalidInput(all)
  return new Refusal('body_too_large', `${only.pointer.slice(1)} is over ${keptJson.bytes} bytes.`)
}

/** Further faults, without those about something already at fault or a part of it. There may be many of both. */
export function notNamedIn(faults: readonly Fault[], further: readonly Fault[]): Fault[] {
  const known = new Set(faults.map(({ in: part, pointer }) => `${part} ${pointer}`))
  return further.filter(({ in: part, pointer }) => {
    for (let end = pointer.length; end > 0; end = pointer.lastIndexOf('/', end - 1)) {
      if (known.has(`${part} ${pointer.slice(0, end)}`)) return false
    }
    return true
  })
}

/** A parameter that is given twice arrives as an array, which no schema here takes. */
function queryOf(c: AppContext) {
  if (!c.req.url.includes('?')) return {}
  return Object.fromEntries(
    Object.entries(c.req.queries()).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  )
}

/** The headers that a schema names. */
function headersOf(c: AppContext, { shape }: z.ZodObject) {
  return Object.fromEntries(Object.keys(shape).map((name) => [name, c.req.header(name)]))
}

/** What is wrong with a part, in words. */
export async function faultsOf({ in: part, schema, sent }: Omit<Part, 'target'>): Promise<Fault[]> {
  const result = await schema?.safeParseAsync(sent, { error: faultMessage, reportInput: true })
  if (!result || result.success) return []
  return result.error.issues.flatMap((issue): Fault[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        in: part,
        pointer: jsonPointer([...issue.path, key]),
        message: unknownName(part, schema),
        type: 'extra_forbidden',
      }))
    }
    const isTwice = part === 'query' && Array.isArray(issue.input)
    const message = isTwice ? 'is given more than once' : issue.message
    return [{ in: part, pointer: jsonPointer(issue.path), message, type: typeOf(issue) }]
  })
}

function unknownName(part: Fault['in'], schema: z.ZodType | undefined): string {
  if (part !== 'query') return 'is not a known member; check its spelling or leave it out'
  const names = schema && 'shape' in schema ? Object.keys(schema.shape as object) : []
  if (names.length === 0) return 'is not a known query parameter; there are none here'
  return `is not a known query parameter; known ones: ${names.join(', ')}`
}

/** The names of errors in Pydantic, which the callers of some endpoints know. */
function typeOf(issue: z.core.$ZodIssue): string {
  if (issue.input === undefined && issue.code !== 'custom') return 'missing'
  switch (issue.code) {
    case 'invalid_type':
      return `${issue.expected}_type`
    case 'too_big':
      return issue.origin === 'string' ? 'string_too_long' : issue.origin === 'array' ? 'too_long' : 'less_than_equal'
    case 'too_small':
      return issue.origin === 'string'
        ? 'string_too_short'
        : issue.origin === 'array'
          ? 'too_short'
          : 'greater_than_equal'
    case 'invalid_format':
      return issue.format === 'regex' ? 'string_pattern_mismatch' : `${issue.format}_parsing`
    case 'invalid_value':
      return 'literal_error'
    default:
      return 'value_error'
  }
}
