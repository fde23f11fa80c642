import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { BuildOptions, Plugin } from 'esbuild'
import { areUnchanged, digest, digestsOf } from './made-of.ts'

/** The Worker as one module. */
export interface Bundle {
  code: string
  /** Where its source map is (version 3, JSON): it is larger than the code, and mostly nobody asks for it. */
  map: string
}

/** What of the settings matters here; `main` is the file that it begins with. */
type Bundled = { main: string; alias?: Record<string, string>; define?: Record<string, string> }

/** A bundle, and what it was made of: the digest of each file by its path, and of the settings. */
interface Kept extends Bundle {
  settings: string
  inputs: Record<string, string>
}

/**
 * Bundles the Worker with the settings that wrangler has for it. It is kept in `node_modules/.cache`, and used again
 * while nothing that it was made of has changed.
 *
 * @param minify whether it is to be as small as what is deployed
 * @param keepNames whether functions keep their names where bundling changes them, which costs time as it runs
 */
export async function bundleWorker(
  root: string,
  { main, alias = {}, define }: Bundled,
  { minify = false, keepNames = !minify }: { minify?: boolean; keepNames?: boolean } = {},
): Promise<Bundle> {
  const options = {
    absWorkingDir: root,
    entryPoints: [main],
    bundle: true,
    write: false,
    metafile: true,
    outfile: join(root, 'worker.js'),
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    loader: { '.txt': 'text', '.html': 'text', '.sql': 'text', '.bin': 'binary' },
    minify,
    keepNames,
    sourcemap: 'external',
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"development"', ...define },
  } as const satisfies BuildOptions
  const settings = digest(JSON.stringify([options, alias]) + readFileSync(import.meta.filename, 'utf8'))
  const folder = join(root, 'node_modules/.cache/countersign')
  const name = `${main.replaceAll(/\W+/g, '-')}${minify ? '.min' : ''}`
  const kept = readKept(join(folder, `${name}.json`))
  if (kept?.settings === settings && existsSync(kept.map) && areUnchanged(kept.inputs, root)) return kept

  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({ ...options, plugins: [exactly(alias)] })
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

/** Wrangler's aliases stand for exactly what they name; those of esbuild also for what is below it. */
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
