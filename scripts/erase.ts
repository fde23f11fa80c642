// `npm run erase`: takes away what is known of a person, and what they have said.
//
//   npm run erase -- person usr_ada --tenant acme [--remote]
//
// Their id stays, with what they asked for and how they voted; seals, proofs and receipts still hold. What goes and
// what stays: docs/history.md. An isolate trusts a key for up to 30 seconds, so it is done twice. It can be run again,
// and goes on where it was cut off.
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { selectTenants } from '../src/access/tenants.store.ts'
import { systemContext, type Ctx } from '../src/context.ts'
import { erasePerson, isKnown, type Erasing } from '../src/history/erase-person.ts'
import { Refusal } from '../src/refusal.ts'
import { openDatabase } from './operators-database.ts'
import { twice } from './twice.ts'

const usage = 'npm run erase -- person PERSON --tenant TENANT [--remote]'

const { person, tenant, isOnce, remote } = readArguments()
const database = await openDatabase(remote)
const root = join(import.meta.dirname, '..')
const found = globSync('src/*/*.erase.store.ts', { cwd: root }).map((file) => import(join(root, file)))
const families = ((await Promise.all(found)) as { erase: Erasing }[]).map(({ erase }) => erase)
try {
  const ctx = operator()
  const known = await ctx.db.run(selectTenants(ctx))
  if (!known.some(({ id }) => id === tenant)) throw new Error(`There is no tenant ${tenant}.`)
  if (!(await isKnown(ctx, person)))
    throw new Error(`Nobody with the id ${person} is known in ${tenant}. Nothing was erased.`)
  const erase = (time: 1 | 2) => erasePerson(operator(), person, families, time === 2)
  const events = (await twice(erase, person, isOnce)).reduce((sum, some) => sum + some, 0)
  const erased = `The text of ${events} ${events === 1 ? 'event' : 'events'} was erased`
  console.log(`${person} is erased in ${tenant}. ${erased}; the id stays.`)
} catch (error) {
  process.exitCode = 1
  console.error(error instanceof Refusal ? error.detail : error instanceof Error ? error.message : error)
} finally {
  await database.close()
}

function operator(): Ctx {
  return systemContext({ DB: database.db } as Env, 'system:operator', Date.now(), tenant)
}

function readArguments() {
  try {
    const flag = { type: 'boolean' } as const
    const { values, positionals } = parseArgs({
      options: { tenant: { type: 'string' }, once: flag, remote: flag },
      allowPositionals: true,
    })
    const [what, person, ...more] = positionals
    if (what !== 'person' || person === undefined || more.length > 0 || values.tenant === undefined)
      throw new Error(usage)
    return { person, tenant: values.tenant, isOnce: values.once, remote: values.remote }
  } catch (error) {
    console.error((error as Error).message)
    process.exit(1)
  }
}
