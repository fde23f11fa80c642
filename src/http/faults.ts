import type { Hook, z } from '@hono/zod-openapi'
import { faultMessage } from '../fault-messages.ts'
import { jsonPointer } from '../json-pointer.ts'
import { invalidInput, Refusal, type Fault } from '../refusal.ts'
import type { AppContext, AppEnv } from './environment.ts'
import { refuseOverRate } from './rate.ts'
import { keptJson, readMember, tooLarge } from './raw-json.ts'

/** When one part of a request is invalid, looks at all of them, so that the answer lists every fault. */
export const onInvalid: Hook<unknown, AppEnv, string, unknown> = async (result, c) => {
  if (!result.success) throw await refusalWithEveryFault(c as AppContext)
}

/**
 * The text of the member that this operation keeps as it was sent; undefined where it is not there.
 *
 * @throws Refusal `body_too_large` or `invalid_input` where it is beyond `keptJson`
 */
export async function keptText(c: AppContext): Promise<string | undefined> {
  const keeps = c.get('endpoint')?.keeps
  if (!keeps) throw new Error('This operation declares no member that it keeps.')
  const { text, faults } = readMember(await c.req.text(), keeps)
  if (faults.length > 0) throw await refusalWithEveryFault(c)
  return text
}

/**
 * The refusal of a faulty request: the faults that its schemas find, those of the member that is kept as sent, and
 * those that only what is stored reveals.
 *
 * @param first what has been found already
 */
export async function refusalWithEveryFault(c: AppContext, first: readonly Fault[] = []): Promise<Refusal> {
  const ctx = c.get('ctx')
  // A creation puts this off until it is known whether it was answered before; a faulty one never was.
  if (!ctx.idempotency) refuseOverRate(c)
  const endpoint = c.get('endpoint')
  const schemas = endpoint?.request
  const params = c.req.param()
  const body: unknown = schemas?.body ? await c.req.json() : undefined
  const faults = [
    ...first,
    ...(await faultsOf('path', schemas?.params, params)),
    ...(await faultsOf('query', schemas?.query, queryOf(c))),
    ...(await faultsOf('header', schemas?.headers, c.req.header())),
    ...(await faultsOf('body', schemas?.body?.content['application/json'].schema, body)),
    ...(endpoint?.keeps ? readMember(await c.req.text(), endpoint.keeps).faults : []),
  ]
  const further = (await endpoint?.further?.(ctx, { params, body })) ?? []
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
  return Object.fromEntries(
    Object.entries(c.req.queries()).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  )
}

async function faultsOf(part: Fault['in'], schema: z.ZodType | undefined, value: unknown): Promise<Fault[]> {
  const result = await schema?.safeParseAsync(value, { error: faultMessage, reportInput: true })
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
  if (part !== 'query') return 'is not a member of this; check its spelling or leave it out'
  const names = schema && 'shape' in schema ? Object.keys(schema.shape as object) : []
  if (names.length === 0) return 'is not a parameter of this, which takes none'
  return `is not a parameter of this; there are ${names.join(', ')}`
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
