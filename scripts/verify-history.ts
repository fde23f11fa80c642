// `npm run verify-history -- FILE`: verifies an export of a history, offline.
//
//   curl $API/v1/history/export -H "$ADMIN" > history.ndjson
//   npm run verify-history -- history.ndjson [--keys jwks.json] [--earlier checkpoint.txt]…
//
// --keys     the keys to trust (a JWK set that you have got otherwise than with the export), instead of its own
// --earlier  a checkpoint that you have kept: the history has to continue the one that it speaks of; of several, each
//
// Says what is wrong, and with which event, and ends with status 1 where anything is.
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import type { PublicKey } from '../src/history/signing-key.ts'
import { Unfit, verifyExport } from './verify-export.ts'

const usage = 'npm run verify-history -- FILE [--keys JWKS_FILE] [--earlier CHECKPOINT_FILE]…'

try {
  const { file, keys, earlier } = readArguments()
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity })
  const { head, erased, signedBy } = await verifyExport(lines, { keys, earlier })
  console.log(`${head.size} events of ${head.origin} fit, with the votes that they tell of.`)
  if (erased > 0) console.log(`Of ${erased} the data was erased; what is left of them fits.`)
  console.log(`Signed by ${signedBy}${keys ? '' : ', which the export itself names: compare it with what you know'}.`)
} catch (error) {
  process.exitCode = 1
  console.error(error instanceof Unfit ? `It does not fit: ${error.message}.` : `${(error as Error).message}\n${usage}`)
}

function readArguments() {
  const one = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    options: { keys: one, earlier: { ...one, multiple: true } },
    allowPositionals: true,
  })
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new Error('Name one file.')
  const text = (name: string) => readFileSync(name, 'utf8')
  return {
    file,
    keys: values.keys === undefined ? undefined : (JSON.parse(text(values.keys)) as { keys: PublicKey[] }).keys,
    earlier: values.earlier?.map(text) ?? [],
  }
}
