import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { areUnchanged, digestsOf, type MadeOf } from './made-of.ts'

const root = join(import.meta.dirname, '..')

/** What the service says of itself, made from the schemas that validate. */
export interface Description {
  /** The OpenAPI document. */
  document: object
  /** The JSON Schemas of the MCP tools. */
  tools: object
  madeOf: MadeOf
}

/** What else it is made of: the libraries, and how it is made. */
const besides = ['package-lock.json', 'scripts/describe-api.ts']

/** Runs what makes the descriptions of the API, in this process. */
export async function describeApi(): Promise<Description> {
  const { build } = await import('esbuild')
  // Inside, because what is not bundled is looked for from there.
  const folder = mkdtempSync(join(root, 'node_modules/.describe-'))
  try {
    const file = join(folder, 'describe.mjs')
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: ['scripts/description.ts'],
      outfile: file,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      jsx: 'automatic',
      jsxImportSource: 'hono/jsx',
      metafile: true,
      logLevel: 'error',
    })
    const { document, tools } = (await import(pathToFileURL(file).href)) as Omit<Description, 'madeOf'>
    const plain = JSON.parse(JSON.stringify({ document, tools })) as { document: object; tools: object }
    return { ...plain, madeOf: digestsOf([...Object.keys(metafile.inputs), ...besides], root) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Writes the descriptions to where the Worker reads them as assets, if anything that they are made of has changed. */
export async function keepDescriptions(): Promise<void> {
  const folder = join(root, 'dist/public/docs/assets')
  const mark = join(root, 'dist/described.json')
  const files = ['openapi.json', 'mcp-tools.json'].map((name) => join(folder, name)) as [string, string]
  if ([mark, ...files].every((file) => existsSync(file))) {
    if (areUnchanged(JSON.parse(readFileSync(mark, 'utf8')) as MadeOf, root)) return
  }
  const { document, tools, madeOf } = await describeApi()
  mkdirSync(folder, { recursive: true })
  // The mark comes last: what stands beside it is whole. Somebody else may be writing the same.
  write(files[0], document)
  write(files[1], tools)
  write(mark, madeOf)
}

function write(file: string, content: object): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, JSON.stringify(content))
  renameSync(draft, file)
}
