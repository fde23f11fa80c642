// `npm run verify-history -- FILE`: verifies an export of a history, offline.
//
//   curl $API/v1/history/export -H "$ADMIN" > history.ndjson
//   npm run verify-history -- history.ndjson [--keys jwks.json] [--earlier checkpoint.txt]…
//
// --keys     the keys to trust (a JWK set that you did not get with the export), instead of its own
// --earlier  a checkpoint that you kept: the history has to continue the one that it speaks of; of several, each
//
// Says what is wrong, and with which event, and ends with status 1 where anything is.
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { isCheckpoint } from '../src/history/checkpoint.ts'
import type { PublicKey } from '../src/history/signing-key.ts'
import { NoExport, Unfit, verifyExport } from './verify-export.ts'

const usage = 'npm run verify-history -- FILE [--keys JWKS_FILE] [--earlier CHECKPOINT_FILE]…'

const { file, keys, earlier } = readArguments()
try {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity })
  const { head, erased, signedBy } = await verifyExport(lines, { keys, earlier })
  console.log(`${head.size} events of ${head.origin} match, and so do their votes.`)
  if (erased > 0) console.log(`${erased} had their data erased; what remains matches.`)
  console.log(`Signed by ${signedBy}${keys ? '' : ', which the export itself names: compare it with what you know'}.`)
} catch (error) {
  const { message } = error as Error
  if (error instanceof NoExport) fail(`${file} is not an export: ${message}.`)
  fail(error instanceof Unfit ? `It does not match: ${message}.` : message)
}

function readArguments() {
  const one = { type: 'string' } as const
  try {
    const { values, positionals } = parseArgs({
      options: { keys: one, earlier: { ...one, multiple: true } },
      allowPositionals: true,
    })
    const [file, ...more] = positionals
    if (file === undefined || more.length > 0) throw new Error('Name one file.')
    return {
      file,
      keys: values.keys === undefined ? undefined : keysIn(values.keys),
      earlier: values.earlier?.map(checkpointIn) ?? [],
    }
  } catch (error) {
    return fail(`${(error as Error).message}\n${usage}`)
  }
}

function keysIn(name: string): PublicKey[] {
  const text = readFileSync(name, 'utf8')
  let set: unknown
  try {
    set = JSON.parse(text)
  } catch {
    throw new Error(`${name} is not JSON: --keys takes a JWK set, such as /.well-known/jwks.json.`)
  }
  const { keys } = Object(set) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new Error(`${name} is not a JWK set: it has no list of "keys".`)
  return keys as PublicKey[]
}

function checkpointIn(name: string): string {
  const text = readFileSync(name, 'utf8')
  if (isCheckpoint(text)) return text
  throw new Error(
    `${name} is not a checkpoint: --earlier takes one as /v1/history/checkpoint gave it, in "checkpoint".`,
  )
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
