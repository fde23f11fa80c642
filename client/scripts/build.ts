// Compiles src/ to dist/, with the TypeScript of the project; that of this folder is for openapi-typescript alone.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const compiler = join(root, '../node_modules/typescript/bin/tsc')
execFileSync(process.execPath, [compiler, '--project', root], { stdio: 'inherit' })
