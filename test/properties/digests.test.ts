import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { invoiceGate } from '../support/gates.ts'
import { often } from '../support/scale.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/*
 * What is served as the digest is made of what was sent; here it is made anew, of what is served. The two agree only if
 * nothing is lost on the way into the database and out of it.
 */

const hex = (bytes: ArrayBuffer) => Buffer.from(bytes).toString('hex')
const sha256 = async (text: string) => hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))

/** As `docs/digests.md` says. */
const digestOf = ({ id, kind, revision, title, requester, what }: any) =>
  sha256(canonicalize({ id, kind, revision, title, requester, what })!)

const instance = crypto.randomUUID()
const person = fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/)

/** Text as people and programs write it, and as nobody should. */
const text = (most: number) =>
  fc
    .oneof(
      fc.string({ unit: 'grapheme', maxLength: most }),
      fc.string({ unit: 'binary', maxLength: most }),
      fc.constantFrom(
        '\u0000x',
        'a\u0000b',
        '"\\/\b\f\n\r\t',
        '\u2028\u2029',
        '\ufeff',
        'e\u0301',
        'é',
        '😀',
        '1.10',
        '{}',
        'null',
        '\u007f',
        '\ud83d',
      ),
    )
    .map((one) => `x${one}`)
    // The trimmed text is what is stored: see the schemas.
    .filter((one) => one.length <= most && one.trim() === one)

const blank = fc.constantFrom('', ' ', '\n', '\t  ', '\r\n')
const number = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '1.10',
    '1e3',
    '1E+2',
    '9007199254740993',
    '0.1',
    '123456789012345678901234567890',
    '1e400',
    '-1.0e-7',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => JSON.stringify(one)),
)
/** A string of JSON, some of its characters written as escapes. */
const quoted = fc.tuple(text(20), fc.nat(3)).map(([one, how]) => {
  const plain = JSON.stringify(one)
  if (how === 0) return plain.replaceAll('/', '\\/')
  return how === 1 ? plain.replaceAll('x', '\\u0078') : plain
})

/** JSON text, blanks and all. */
const json = (depth = 2): fc.Arbitrary<string> => {
  const value: fc.Arbitrary<string> =
    depth === 0
      ? fc.oneof(number, quoted, fc.constantFrom('true', 'false', 'null'))
      : fc.oneof(number, quoted, json(depth - 1), list(json(depth - 1)))
  return fc.array(fc.tuple(quoted, value, blank, blank), { maxLength: 4 }).map((members) => {
    const names = new Set<string>()
    const kept = members.filter(([name]) => {
      const isNew = !names.has(JSON.parse(name))
      names.add(JSON.parse(name))
      return isNew
    })
    return `{${kept.map(([name, one, before, after]) => `${before}${name}${after}:${before}${one}${after}`).join(',')}}`
  })
}
const list = (of: fc.Arbitrary<string>) => fc.array(of, { maxLength: 3 }).map((all) => `[${all.join(', ')}]`)

/** What a double keeps. */
const plainJson = fc.dictionary(text(10), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })

const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined })

interface Asked {
  body: string
  path: string
  role: 'member' | 'service'
}

/** A body with a member whose value is JSON text. */
const withRaw = (body: object, name: string, raw: string) =>
  `${JSON.stringify(body).slice(0, -1)},${JSON.stringify(name)}:${raw}}`

const asked = (gate_id: string): Record<string, fc.Arbitrary<Asked>> => ({
  claim: fc
    .record({
      description: text(100),
      amount: fc.integer({ min: 1, max: 1e9 }),
      currency: fc.constantFrom('CHF', 'EUR', 'JPY'),
      expense_type: optional(text(20)),
      distance_km: optional(
        fc.oneof(fc.double({ min: 1e-9, max: 1e6, noNaN: true }), fc.constantFrom(0.1 + 0.2, 1 / 3)),
      ),
      receipt_url: optional(fc.webUrl()),
      external_ref: optional(fc.uuid()),
    })
    .map((body) => ({ path: '/api/v1/claims', role: 'member' as const, body: JSON.stringify(body) })),
  change: fc
    .tuple(fc.record({ entityName: text(50), action: fc.constantFrom('create', 'update') }), json())
    .map(([body, payload]) => ({
      path: '/api/v1/approvals',
      role: 'member' as const,
      body: withRaw({ ...body, entityType: 'project', entityId: crypto.randomUUID() }, 'payload', payload),
    })),
  intent: fc
    .tuple(
      fc.record({
        action: text(50),
        skill_slug: text(50),
        customer_id: fc.uuid(),
        approver_role: fc.constantFrom('owner', 'customer'),
        approver_person_id: fc.option(person),
        rule_id: fc.option(text(50)),
      }),
      json(),
    )
    .map(([body, call]) => ({
      path: `/internal/v1/instances/${instance}/approvals/request`,
      role: 'service' as const,
      body: withRaw(body, 'serialized_intent', call),
    })),
  result: fc
    .tuple(
      fc.record({
        confidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        external_ref: fc.option(fc.uuid()),
      }),
      json(),
    )
    .map(([body, data]) => ({
      path: '/v1/structuring/results',
      role: 'service' as const,
      body: withRaw({ ...body, gate_id }, 'data', data),
    })),
  request: fc
    .record({
      type: fc.constantFrom('deploy', 'refund'),
      title: text(100),
      summary: optional(text(200)),
      details: optional(plainJson),
      subject: optional(fc.record({ type: fc.constant('service'), id: fc.uuid() })),
    })
    .map((body) => ({ path: '/v1/requests', role: 'member' as const, body: JSON.stringify(body) })),
})

/** The same question with one member that is another. */
function others(question: any): any[] {
  const change = (value: unknown) =>
    typeof value === 'string' ? `${value}.` : typeof value === 'number' ? value + 1 : 'other'
  const outer = ['id', 'kind', 'revision', 'title', 'requester'].map((name) => ({
    ...question,
    [name]: change(question[name]),
  }))
  const inner = Object.entries(question.what).map(([name, value]) => ({
    ...question,
    what: { ...question.what, [name]: change(value) },
  }))
  return [...outer, ...inner]
}

/** Asks, if what is asked is taken: what is refused, for a reason, has no digest, and another is made in its place. */
async function asks(tenant: Tenant, { path, role, body }: Asked) {
  const answer = await tenant.as(role)(path, { method: 'POST', body })
  if (answer.status === 201) return
  expect([answer.status, answer.body.errors ?? answer.body.detail]).toEqual([422, expect.anything()])
  fc.pre(false)
}

const gateOf = async (tenant: Tenant) => invoiceGate(tenant.as('admin'))

test.each(['claim', 'change', 'intent', 'result', 'request'])(
  'the digest of any %s is that of what is served, and changes with each member of it',
  async (kind) => {
    const tenant = await newTenant()
    const made = asked(kind === 'result' ? await gateOf(tenant) : '')[kind]!
    const numRuns = often(100)
    await fc.assert(
      fc.asyncProperty(made, (one) => asks(tenant, one)),
      { numRuns },
    )
    const { body } = await tenant.as('member')(`/v1/approvals?kind=${kind}&limit=200`)
    expect(body.approvals.length).toBe(numRuns)
    for (const { id } of body.approvals) {
      const approval = (await tenant.as('member')(`/v1/approvals/${id}`)).body
      const served = approval.digest
      expect([approval, await digestOf(approval)]).toEqual([approval, served])
      for (const other of others(approval)) expect(await digestOf(other)).not.toBe(served)
      const { data } = (await tenant.as('member')(`/v1/approvals/${id}/events`)).body
      expect(data.map(({ digest }: any) => digest)).toEqual(data.map(() => served))
    }
  },
)
