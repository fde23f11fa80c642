// `npm run tenants`: tenants from the operator's side.
//
//   npm run tenants -- list [--remote]
//   npm run tenants -- delete TENANT --yes [--remote]
//
// Deleting takes everything that a tenant has, its history too, and cannot be undone: export that before. An isolate
// trusts a key for up to 30 seconds, so it is done twice.
import { parseArgs } from 'node:util'
import { selectTenants } from '../src/access/tenants.store.ts'
import { systemContext } from '../src/context.ts'
import { endTenant, leftOf } from './end-tenant.ts'
import { openDatabase } from './operators-database.ts'
import { twice } from './twice.ts'

const usage = `npm run tenants -- list [--remote]
npm run tenants -- delete TENANT --yes [--remote]`

const { command, tenant, isSure, isOnce, remote } = readArguments()
const database = await openDatabase(remote)
try {
  if (command === 'list') await list()
  else await remove(tenant)
} catch (error) {
  process.exitCode = 1
  console.error(error instanceof Error ? error.message : error)
} finally {
  await database.close()
}

async function list(): Promise<void> {
  const ctx = systemContext({ DB: database.db } as Env, 'system:operator', Date.now())
  for (const { id } of await ctx.db.run(selectTenants(ctx))) console.log(id)
}

async function remove(id: string): Promise<void> {
  const before = await leftOf(database.db, id)
  if (Object.keys(before).length === 0) throw new Error(`There is no tenant ${id}, and nothing left of one.`)
  if (!isSure) throw new Error(`${id} has ${JSON.stringify(before)}. Add --yes to delete all of it.`)
  const [gone] = await twice(() => endTenant(database.db, id, Date.now()), id, isOnce)
  console.log(`${id} is deleted: ${JSON.stringify(gone)}.`)
}

function readArguments() {
  try {
    const flag = { type: 'boolean' } as const
    const { values, positionals } = parseArgs({
      options: { yes: flag, once: flag, remote: flag },
      allowPositionals: true,
    })
    const [command, tenant = '', ...more] = positionals
    const isKnown = (command === 'list' && tenant === '') || (command === 'delete' && tenant !== '')
    if (!isKnown || more.length > 0) throw new Error(usage)
    return { command, tenant, isSure: values.yes, isOnce: values.once, remote: values.remote }
  } catch (error) {
    console.error((error as Error).message)
    process.exit(1)
  }
}
