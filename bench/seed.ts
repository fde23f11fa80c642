import { createHash } from 'node:crypto'
import { insert } from '../src/approvals/approvals.demo.ts'
import type { Role } from '../src/context.ts'
import { call } from './load.ts'

export const tenant = 'bench'
export const instance = '497f6eca-6276-4993-bfeb-53cbbbba6f08'

/** A key for each role; the person has its name. */
export const keyOf = (role: Role) => `cs_bench_${role}`
const roles: readonly Role[] = ['member', 'coordinator', 'reviewer', 'admin', 'service']

/** How many rows one statement stores. */
const perInsert = 20_000

const idAt = (prefix: string, n: number) => `${prefix}_${String(n).padStart(8, '0')}`
export const claimAt = (n: number) => idAt('clm', n)
export const refAt = (n: number) => `APR-${String(n).padStart(8, '0')}`

/** What is stored of the key of each role. */
export const keysOfTenant = () =>
  roles.map((role) => ({
    role,
    hash: createHash('sha256').update(keyOf(role)).digest('hex'),
    person_id: `usr_${role}`,
  }))

/** A tenant with a person and a key for each role. */
export async function seedAccess(db: D1Database): Promise<void> {
  const at = Date.now()
  const today = new Date(at).toISOString().slice(0, 10)
  const statements = keysOfTenant().flatMap(({ role, hash, person_id }) => {
    const has = JSON.stringify([role])
    const person = { tenant_id: tenant, id: person_id, name: role, roles: has, created_at: at, updated_at: at }
    return [
      insert('people', { ...person, kind: role === 'service' ? 'service' : 'human' }),
      insert('api_keys', {
        hash,
        id: `key_${role}`,
        tenant_id: tenant,
        person_id,
        name: 'Bench',
        roles: has,
        created_at: at,
        created_by: person_id,
        last_used_on: today,
      }),
    ]
  })
  await run(db, [insert('tenants', { id: tenant, name: 'Bench', created_at: at }), ...statements])
}

/** Claims from number `from` to `to`, nine of ten pending, each a millisecond younger than the one before. */
export async function seedClaims(db: D1Database, from: number, to: number): Promise<void> {
  const first = Date.now() - to
  await inSteps(from, to, (rows) =>
    run(db, [
      `${rows} INSERT INTO approvals (id, tenant_id, kind, status, title, requester_id, created_at, updated_at, digest, votes_needed, decided_by, decided_at)
       SELECT printf('clm_%08d', i), '${tenant}', 'claim', iif(i % 10, 'pending', 'approved'), 'Train to Bern, ' || i, 'usr_' || (i % 100),
         ${first} + i, ${first} + i, '${'0'.repeat(64)}', 1, iif(i % 10, NULL, 'usr_z'), iif(i % 10, NULL, ${first} + i) FROM n`,
      `${rows} INSERT INTO claims (approval_id, tenant_id, description, amount, currency)
       SELECT printf('clm_%08d', i), '${tenant}', 'Train to Bern, ' || i, 4250, 'CHF' FROM n`,
    ]),
  )
}

/** Pending intents of the instance, by number. */
export async function seedIntents(db: D1Database, from: number, to: number): Promise<void> {
  const now = Date.now()
  const customer = `printf('00000000-0000-4000-8000-%012d', i % 100)`
  await inSteps(from, to, (rows) =>
    run(db, [
      `${rows} INSERT INTO approvals (id, tenant_id, kind, status, title, requester_id, subject_type, subject_id, created_at, updated_at, due_at, on_due, digest, votes_needed)
       SELECT printf('int_%08d', i), '${tenant}', 'intent', 'pending', 'refund (payments)', 'usr_service', 'instance:${instance}', ${customer},
         ${now} + i, ${now} + i, ${now + 86_400_000}, 'expire', '${'0'.repeat(64)}', 1 FROM n`,
      `${rows} INSERT INTO intents (approval_id, tenant_id, instance_id, approval_ref, customer_id, action, skill_slug, serialized_intent, approver_role)
       SELECT printf('int_%08d', i), '${tenant}', '${instance}', printf('APR-%08d', i), ${customer}, 'refund', 'payments', '{"amount":1.1}', 'customer' FROM n`,
    ]),
  )
}

/** A gate with a rule and two checks that a result without an invoice fails; its id. */
export async function seedGate(port: number): Promise<string> {
  const make = async (path: string, body: object) => {
    const answer = await call(port, { method: 'POST', path, key: keyOf('admin'), body: JSON.stringify(body) })
    if (answer.status !== 201) throw new Error(answer.body)
    return (JSON.parse(answer.body) as { id: string }).id
  }
  const check = (name: string, type: string, config: object) =>
    make('/v1/structuring/checks', { name, type, severity: 'error', config })
  const check_ids = [
    await check('Total', 'value_range', { field: 'total_amount', max: 1_000_000 }),
    await check('Invoice', 'required_field', { field: 'invoice' }),
  ]
  return make('/v1/structuring/gates', { name: 'Invoices', check_ids })
}

async function inSteps(from: number, to: number, step: (rows: string) => Promise<void>): Promise<void> {
  for (let at = from; at < to; at += perInsert) {
    const end = Math.min(at + perInsert, to)
    await step(`WITH RECURSIVE n(i) AS (SELECT ${at} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${end})`)
  }
}

async function run(db: D1Database, statements: string[]): Promise<void> {
  // One statement to the binding, which asks the runtime about each that is made.
  await db.batch([db.prepare(statements.join(';\n'))])
}
