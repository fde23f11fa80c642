import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { BuildOptions, Metafile, Plugin } from 'esbuild'
import { withoutDescriptions } from './without-descriptions.ts'
import { areUnchanged, digest, digestsOf } from './made-of.ts'

/** The Worker as one module. */
export interface Bundle {
  code: string
  /** Where its source map is (version 3, JSON): it is larger than the code, and mostly nobody asks for it. */
  map: string
}

/** A bundle, and what it was made of: the digest of each file by its path, and of the settings. */
interface Kept extends Bundle {
  settings: string
  inputs: Record<string, string>
}

/**
 * What the Worker has instead of other modules, by exactly what they are imported as. None of it is needed there, or
 * the platform has it already.
 */
const instead: Record<string, string> = {
  // Without the fifty languages and converters that nothing here uses, and made when it is needed.
  zod: './src/lean-zod.ts',
  // What makes the OpenAPI document, which is made beforehand …
  '@asteasolutions/zod-to-openapi': './src/http/undescribed.ts',
  './documented.ts': './src/http/undocumented.ts',
  // … and read from the assets; so are the JSON Schemas of the MCP tools.
  './load-document.ts': './src/http/load-built-document.ts',
  './load-tool-schemas.ts': './src/mcp/load-built-tool-schemas.ts',
  // Of Zod: what makes JSON Schema of schemas.
  '../core/to-json-schema.js': './src/left-out.cjs',
  // The same, as the SDK of MCP would fall back on it; and its second validator of JSON Schemas.
  '../core/json-schema-processors.js': './src/mcp/zod-converters.ts',
  '@modelcontextprotocol/server/_shims': './src/mcp/sdk-shims.ts',
  // The platform signs webhooks.
  'fast-sha256': './src/webhooks/signing-primitives.ts',
  '@stablelib/base64': './src/webhooks/signing-primitives.ts',
  // Of @cfworker/json-schema: checks refuse `format`.
  './format.js': './src/left-out.cjs',
  // Of Drizzle: how it tells the enums of Postgres.
  '../pg-core/columns/enum.js': './src/left-out.cjs',
}

const front = 'src/index.ts'

const common = {
  bundle: true,
  metafile: true,
  format: 'esm',
  target: 'es2024',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*', 'node:*'],
  logLevel: 'error',
} as const satisfies BuildOptions

/**
 * Bundles the Worker as it is uploaded, as small as it gets. What only some requests need is a module of its own, which
 * the runtime does not load before one asks for it.
 *
 * @returns what is in it
 */
export async function buildWorker(root: string, folder: string): Promise<Metafile> {
  const { build } = await import('esbuild')
  const { metafile } = await build({
    ...common,
    absWorkingDir: root,
    entryPoints: [front],
    outdir: folder,
    splitting: true,
    chunkNames: 'modules/[name]-[hash]',
    minify: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [exactly(instead), withoutDescriptions],
  })
  return metafile
}

/**
 * Bundles the Worker as one module. It is kept in `node_modules/.cache`, and used again while nothing that it was made
 * of has changed.
 *
 * @param main the file that it begins with
 * @param minify whether it is to be as small as what is deployed
 * @param keepNames whether functions keep their names where bundling changes them, which costs time as it runs
 * @param replaced what else it has instead of other modules, as `instead` says it
 */
export async function bundleWorker(
  root: string,
  {
    main = front,
    minify = false,
    keepNames = !minify,
    replaced = {},
  }: {
    main?: string | undefined
    minify?: boolean
    keepNames?: boolean
    replaced?: Record<string, string> | undefined
  } = {},
): Promise<Bundle> {
  const options = {
    ...common,
    absWorkingDir: root,
    entryPoints: [main],
    write: false,
    outfile: join(root, 'worker.js'),
    minify,
    keepNames,
    sourcemap: 'external',
    define: { 'process.env.NODE_ENV': '"development"' },
  } as const satisfies BuildOptions
  const settings = digest(JSON.stringify([options, replaced]) + readFileSync(import.meta.filename, 'utf8'))
  const folder = join(root, 'node_modules/.cache/countersign')
  const name = `${[main, ...Object.values(replaced)].join(' ').replaceAll(/\W+/g, '-')}${minify ? '.min' : ''}`
  const kept = readKept(join(folder, `${name}.json`))
  if (kept?.settings === settings && existsSync(kept.map) && areUnchanged(kept.inputs, root)) return kept

  const { build } = await import('esbuild')
  const plugins = [exactly({ ...instead, ...replaced }), withoutDescriptions]
  const { outputFiles, metafile } = await build({ ...options, plugins })
  const text = (name: string) => outputFiles.find(({ path }) => basename(path) === name)!.text
  const code = text('worker.js')
  const map = join(folder, `${name}.${digest(code).slice(0, 16)}.map`)
  const bundle = { code, map }
  const inputs = digestsOf(Object.keys(metafile.inputs), root)
  mkdirSync(folder, { recursive: true })
  writeFileSync(map, text('worker.js.map'))
  const isMap = (one: string) => one.startsWith(`${name}.`) && /^[0-9a-f]{16}\.map$/.test(one.slice(name.length + 1))
  for (const old of readdirSync(folder).filter((one) => isMap(one) && one !== basename(map))) {
    rmSync(join(folder, old), { force: true })
  }
  // Somebody else may be reading it, or writing it.
  const draft = join(folder, `${name}.${process.pid}.json`)
  writeFileSync(draft, JSON.stringify({ settings, inputs, ...bundle } satisfies Kept))
  renameSync(draft, join(folder, `${name}.json`))
  return bundle
}

function readKept(path: string): Kept | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Kept
  } catch {
    return null
  }
}

/** The aliases of esbuild stand also for what is below what they name. */
function exactly(alias: Record<string, string>): Plugin {
  return {
    name: 'alias',
    setup({ onResolve, resolve, initialOptions }) {
      onResolve({ filter: /.*/ }, ({ path, kind }) => {
        const other = Object.hasOwn(alias, path) && alias[path]
        return other ? resolve(other, { kind, resolveDir: initialOptions.absWorkingDir! }) : null
      })
    },
  }
}
