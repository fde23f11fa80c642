// `npm run tenants`: tenants from the operator's side.
//
//   npm run tenants -- list [--remote]
//   npm run tenants -- time-zone TENANT Europe/Zurich [--remote]
//   npm run tenants -- delete TENANT --yes [--remote]
//
// The time zone is an IANA name; `GET /v1/me` has it for whoever shows times to the people of the tenant.
//
// Deleting takes everything that a tenant has, its history too, and cannot be undone: export that before. An isolate
// trusts a key for up to 30 seconds, so it is done twice.
import { parseArgs } from 'node:util'
import { selectTenants, updateTimeZone } from '../src/access/tenants.store.ts'
import { systemContext, type Ctx } from '../src/context.ts'
import { endTenant, leftOf } from './end-tenant.ts'
import { openDatabase } from './operators-database.ts'
import { twice } from './twice.ts'

const usage = `npm run tenants -- list [--remote]
npm run tenants -- time-zone TENANT ZONE [--remote]
npm run tenants -- delete TENANT --yes [--remote]`

const { run, isSure, isOnce, remote } = readArguments()
const database = await openDatabase(remote)
try {
  await run()
} catch (error) {
  process.exitCode = 1
  console.error(error instanceof Error ? error.message : error)
} finally {
  await database.close()
}

/** What is to be done, once everything that was said of it is understood. */
function commandOf([command, ...operands]: readonly string[]): () => Promise<void> {
  const [tenant = '', zone = ''] = operands
  if (command === 'list' && operands.length === 0) return list
  if (command === 'time-zone' && operands.length === 2) return setTimeZone(tenant, zone)
  if (command === 'delete' && operands.length === 1) return () => remove(tenant)
  throw new Error(usage)
}

async function list(): Promise<void> {
  const ctx = operator()
  for (const { id } of await ctx.db.run(selectTenants(ctx))) console.log(id)
}

function setTimeZone(tenant: string, given: string): () => Promise<void> {
  const zone = namedZone(given)
  return async () => {
    const ctx = operator(tenant)
    const [known] = await ctx.db.run(updateTimeZone(ctx, zone))
    if (!known) throw new Error(`There is no tenant ${tenant}.`)
    console.log(`${tenant} has the time zone ${zone}.`)
  }
}

/** The name of a time zone as it is usually written, in which capitals do not matter. An offset is none. */
function namedZone(given: string): string {
  try {
    if (!/^[a-z]/i.test(given)) throw new RangeError()
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: given }).resolvedOptions()
    return timeZone.toLowerCase() === given.toLowerCase() ? timeZone : given
  } catch {
    throw new Error(`${given} is not an IANA time zone, such as Europe/Zurich.`)
  }
}

async function remove(id: string): Promise<void> {
  const before = await leftOf(database.db, id)
  if (Object.keys(before).length === 0) throw new Error(`There is no tenant ${id}, and nothing left of one.`)
  if (!isSure) throw new Error(`${id} has ${JSON.stringify(before)}. Add --yes to delete all of it.`)
  const [gone] = await twice(() => endTenant(database.db, id, Date.now()), id, isOnce)
  console.log(`${id} is deleted: ${JSON.stringify(gone)}.`)
}

function operator(tenantId = ''): Ctx {
  return systemContext({ DB: database.db } as Env, 'system:operator', Date.now(), tenantId)
}

function readArguments() {
  try {
    const flag = { type: 'boolean' } as const
    const { values, positionals } = parseArgs({
      options: { yes: flag, once: flag, remote: flag },
      allowPositionals: true,
    })
    return { run: commandOf(positionals), isSure: values.yes, isOnce: values.once, remote: values.remote }
  } catch (error) {
    console.error((error as Error).message)
    process.exit(1)
  }
}
