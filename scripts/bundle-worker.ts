import { basename, join } from 'node:path'
import { build, type Plugin } from 'esbuild'

/** The Worker as one module. */
export interface Bundle {
  code: string
  /** A source map (version 3), as JSON. */
  map: string
}

/**
 * Bundles the Worker with the settings that wrangler has for it.
 *
 * @param main the file that it begins with
 */
export async function bundleWorker(
  root: string,
  { main, alias = {}, define }: { main: string; alias?: Record<string, string>; define?: Record<string, string> },
): Promise<Bundle> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [main],
    bundle: true,
    write: false,
    outfile: join(root, 'worker.js'),
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    loader: { '.txt': 'text', '.html': 'text', '.sql': 'text', '.bin': 'binary' },
    keepNames: true,
    sourcemap: 'external',
    logLevel: 'error',
    plugins: [exactly(alias)],
    define: { 'process.env.NODE_ENV': '"development"', ...define },
  })
  const text = (name: string) => outputFiles.find(({ path }) => basename(path) === name)!.text
  return { code: text('worker.js'), map: text('worker.js.map') }
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
