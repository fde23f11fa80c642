// `npm run keys`: API keys from the operator's side, such as the first one of a tenant.
//
//   npm run keys -- create --tenant acme --person usr_ada --role admin [--name Laptop] [--expires 2027-01-01T00:00:00Z]
//   npm run keys -- list [--tenant acme]
//   npm run keys -- revoke KEY_ID
//   npm run keys -- link --tenant acme --person usr_ada --issuer https://id.example.com --subject 00u1
//
// `link` says who a person is to an identity provider, before they sign in with its tokens.
//
// `--remote` is the database of the deployment (wrangler has to be logged in); without it, it is that of `npm start`
// (STATE_DIR says where, as there). The tenant and the person are made where they are not there; --role may be
// repeated.
import { parseArgs } from 'node:util'
import { createKey, endKey, listKeys } from '../src/access/keys.ts'
import { linkSubject } from '../src/access/link-subject.ts'
import { name as nameSchema } from '../src/access/people.schemas.ts'
import { changePerson, createPerson, getPerson } from '../src/access/people.ts'
import { insertTenant, selectTenants } from '../src/access/tenants.store.ts'
import { roles as allRoles, systemContext, type Ctx, type Role } from '../src/context.ts'
import type { Position } from '../src/db/page.ts'
import { Refusal } from '../src/refusal.ts'
import { instant } from '../src/time.schemas.ts'
import { newUserId } from '../src/user-id.schemas.ts'
import { openDatabase } from './operators-database.ts'

const usage = `npm run keys -- create --tenant TENANT --person PERSON --role ROLE [--name NAME] [--expires TIME] [--remote]
npm run keys -- list [--tenant TENANT] [--remote]
npm run keys -- revoke KEY_ID [--remote]
npm run keys -- link --tenant TENANT --person PERSON --issuer URL --subject SUBJECT [--remote]`

const { values: given, positionals } = readArguments()
const run = commandOf(positionals)
const database = await openDatabase(given.remote)
try {
  await run()
} catch (error) {
  process.exitCode = 1
  console.error(error instanceof Refusal ? error.detail : error instanceof Error ? error.message : error)
} finally {
  await database.close()
}

/** What is to be done, once everything that was said of it is understood. */
function commandOf([command, ...operands]: readonly string[]): () => Promise<void> {
  if (command === 'create' && operands.length === 0) return create()
  if (command === 'list' && operands.length === 0) return list
  if (command === 'revoke' && operands.length === 1) return () => revoke(operands[0]!)
  if (command === 'link' && operands.length === 0) return link()
  return fail(usage)
}

/** Says on stderr what it did, on stdout nothing but the key. */
function create(): () => Promise<void> {
  const { tenant = fail(usage), person = fail(usage), role = fail(usage) } = given
  if (!/^[\w-]{1,63}$/.test(tenant))
    fail(`A tenant name may contain letters, digits, - and _; "${tenant}" is not valid.`)
  const id = newUserId.safeParse(person).data ?? fail(`"${person}" is not a valid id of a person.`)
  const roles = rolesOf(role)
  const name = nameSchema.safeParse(given.name ?? 'Made by the operator').data ?? fail('A name has 1–200 characters.')
  const expires_at = given.expires === undefined ? undefined : instantOf(given.expires)
  return async () => {
    const ctx = operator(tenant)
    await ctx.db.run(insertTenant(ctx))
    await havingRoles(ctx, id, roles)
    const key = await createKey(ctx, { person_id: id, name, roles, expires_at })
    console.error(`${key.id} is a key of ${id} in ${tenant} (${roles.join(', ')}). It is shown only once:`)
    console.log(key.secret)
  }
}

function rolesOf(given: readonly string[]): Role[] {
  const twice = given.find((role, index) => given.indexOf(role) !== index)
  if (twice !== undefined) fail(`The role ${twice} is given twice.`)
  return given.map((one) => allRoles.find((role) => role === one) ?? fail(`A role is one of ${allRoles.join(', ')}.`))
}

/** When a key is to expire, in milliseconds. */
function instantOf(text: string): number {
  const at = instant.safeParse(text).data ?? fail(`--expires takes a time such as 2027-01-01T00:00:00Z, not ${text}.`)
  return at > Date.now() ? at : fail(`--expires is in the past: ${text}.`)
}

/** Makes the person, or gives them the roles that they lack. */
async function havingRoles(ctx: Ctx, id: string, roles: readonly Role[]): Promise<void> {
  const known = await getPerson(ctx, id).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === 'not_found') return undefined
    throw error
  })
  if (!known) {
    await createPerson(ctx, { id, name: id, email: null, kind: 'human', roles, groups: [], disabled: false })
    return console.error(`Created ${id} with ${asRoles(roles)}.`)
  }
  const has = JSON.parse(known.roles) as Role[]
  if (roles.every((role) => has.includes(role))) return undefined
  await changePerson(ctx, id, { roles: [...new Set([...has, ...roles])] }, null)
  return console.error(`${id} now has ${asRoles(roles)}.`)
}

function asRoles(roles: readonly Role[]): string {
  return `the ${roles.length === 1 ? 'role' : 'roles'} ${roles.join(', ')}`
}

async function list(): Promise<void> {
  const all = operator('')
  const known = await all.db.run(selectTenants(all))
  const tenants = known.filter(({ id }) => given.tenant === undefined || id === given.tenant)
  if (given.tenant !== undefined && tenants.length === 0) throw new Error(`There is no tenant ${given.tenant}.`)
  for (const { id } of tenants) {
    for (let after: Position | null | undefined; after !== null;) {
      const page = await listKeys(operator(id), { limit: 100, offset: 0, after: after ?? null })
      for (const key of page.rows) {
        const state =
          key.revoked_at !== null ? 'revoked' : (key.expires_at ?? Infinity) <= Date.now() ? 'expired' : 'valid'
        const used = key.last_used_on === null ? 'never used' : `used on ${key.last_used_on}`
        console.log(
          [id, key.id, key.person_id, (JSON.parse(key.roles) as Role[]).join(','), state, used, key.name].join('  '),
        )
      }
      after = page.next
    }
  }
}

async function revoke(id: string): Promise<void> {
  const all = operator('')
  const [tenant] = await all.db.run(selectTenants(all, id))
  await endKey(operator(tenant?.id ?? ''), id)
  console.error(`${id} is revoked: within 30 seconds it stops working.`)
}

function link(): () => Promise<void> {
  const { tenant = fail(usage), person = fail(usage), issuer = fail(usage), subject = fail(usage) } = given
  return async () => {
    await linkSubject(operator(tenant), person, issuer, subject)
    console.error(`From now on ${person} is ${subject} at ${issuer}.`)
  }
}

function operator(tenantId: string): Ctx {
  return systemContext({ DB: database.db } as Env, 'system:operator', Date.now(), tenantId)
}

function readArguments() {
  const one = { type: 'string' } as const
  const options = {
    tenant: one,
    person: one,
    role: { ...one, multiple: true },
    name: one,
    expires: one,
    issuer: one,
    subject: one,
  } as const
  try {
    return parseArgs({ options: { ...options, remote: { type: 'boolean' } }, allowPositionals: true })
  } catch (error) {
    return fail(`${(error as Error).message}\n${usage}`)
  }
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
