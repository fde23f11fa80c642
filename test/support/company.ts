import { expect } from 'vitest'
import { newTenant, send, type Answer, type Caller, type Tenant } from './tenant.ts'

/** Who is in which group of a company. */
export const staff = { support: ['sam', 'sue'], finance: ['fay', 'finn'] } as const

/** A tenant whose people are in groups, and whose policies say who of them has to agree. */
export interface Company {
  tenant: Tenant
  /** Asks, and makes policies, people and keys. */
  admin: Caller
  /** Calls as one of its people, with the role `member`. */
  as(name: string): Caller
  /** Makes a policy for requests of the type `refund`, or for what `match` says. */
  policy(more: object): Promise<{ id: string; version: number }>
}

/** A tenant with an admin, and two groups: `grp_support` with Sam and Sue, `grp_finance` with Fay and Finn. */
export async function company(): Promise<Company> {
  const tenant = await newTenant()
  const admin = tenant.as('admin')
  for (const [group, names] of Object.entries(staff)) {
    for (const name of names) await post(admin, '/v1/people', { id: `usr_${name}`, name, roles: ['member'] })
    const member_ids = names.map((name) => `usr_${name}`)
    await post(admin, '/v1/groups', { id: `grp_${group}`, name: group, member_ids })
  }
  return {
    tenant,
    admin,
    as: (name) => tenant.as(name, ['member']),
    policy: async (more) => {
      const body = { name: 'Refunds', match: { kind: 'request', type: 'refund' }, ...more }
      const answer = await post(admin, '/v1/policies', body)
      expect([answer.status, answer.body]).toMatchObject([201, {}])
      return answer.body
    },
  }
}

/** One of support, then one of finance and an admin. */
export const peerThenMoney = [
  { name: 'peer', all: [{ group: 'grp_support', approvals: 1 }] },
  {
    name: 'money',
    all: [
      { group: 'grp_finance', approvals: 1 },
      { role: 'admin', approvals: 1 },
    ],
  },
]

/** Asks for a refund; its id. */
export async function refund(by: Caller, more: object = {}): Promise<string> {
  const asked = { type: 'refund', title: 'Refund 42', details: { amount: 2400 }, ...more }
  const { status, body } = await post(by, '/v1/requests', asked)
  expect([status, body]).toMatchObject([201, {}])
  return body.id
}

export const post = (by: Caller, path: string, body: object = {}) => by(path, { method: 'POST', body })

/** A vote on an approval, whatever it is: what became of it. */
export async function vote(by: Caller, id: string, more: object = {}): Promise<[number, string]> {
  return said(await post(by, `/v1/approvals/${id}/approve`, more))
}

export async function no(by: Caller, id: string): Promise<[number, string]> {
  return said(await post(by, `/v1/approvals/${id}/reject`, { comment: 'No' }))
}

/** What an answer says: its status, and the approval's, or what refuses it. */
export function said({ status, body }: Answer): [number, string] {
  return [status, body.code ?? body.status]
}

/** Calls with a key that an admin makes for somebody. */
export async function keyFor(by: Caller, name: string, more: object = {}): Promise<Caller> {
  const key = await post(by, '/v1/api-keys', { person_id: `usr_${name}`, name: 'Made', ...more })
  expect([key.status, key.body]).toMatchObject([201, {}])
  return (path, call) => send(path, { ...call, headers: { 'X-API-Key': key.body.secret, ...call?.headers } })
}
