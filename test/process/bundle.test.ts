import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'

/* What `wrangler deploy` would upload. */

interface Metafile {
  inputs: Record<string, { imports: { path: string; kind: string }[] }>
  outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-bundle-'))
let code: Buffer
let meta: Metafile

beforeAll(() => {
  execFileSync(
    process.execPath,
    ['node_modules/wrangler/bin/wrangler.js', 'deploy', '--dry-run', '--metafile', '--outdir', folder],
    { stdio: 'pipe' },
  )
  code = readFileSync(join(folder, 'index.js'))
  meta = JSON.parse(readFileSync(join(folder, 'bundle-meta.json'), 'utf8')) as Metafile
})
afterAll(() => rmSync(folder, { recursive: true }))

test('the upload has at most 335 KiB', () => {
  expect(gzipSync(code).byteLength).toBeLessThanOrEqual(335 * 1024)
})

test('of the languages that messages could be in, the bundle has one', () => {
  const inputs = Object.values(meta.outputs).flatMap((output) => Object.entries(output.inputs))
  const languages = inputs.filter(([path, { bytesInOutput }]) => /zod\/v4\/locales\//.test(path) && bytesInOutput > 100)
  expect(languages.map(([path]) => path)).toEqual(['node_modules/zod/v4/locales/en.js'])
})

test('what makes the OpenAPI document stays at home: it was made beforehand', () => {
  expect(Object.keys(meta.inputs).filter((path) => /zod-to-openapi|http\/openapi\.ts/.test(path))).toEqual([])
})

test('the demo data stays at home', () => {
  expect(Object.keys(meta.inputs).filter((path) => path.includes('.demo.'))).toEqual([])
})

test.each(['node_modules/re2js/', 'node_modules/@modelcontextprotocol/server/'])(
  '%s is evaluated only when it is needed',
  (what) => {
    const ours = Object.entries(meta.inputs).filter(([path]) => path.startsWith('src/'))
    const kinds = ours.flatMap(([, { imports }]) =>
      imports.filter(({ path }) => path.includes(what)).map(({ kind }) => kind),
    )
    expect(kinds).toEqual(['dynamic-import'])
  },
)

/* What a module that is loaded when needed imports is wrapped to be loaded when needed, too, all through the bundle. */
test('no module of the service is loaded later than the others', () => {
  const loaded = Object.values(meta.inputs).flatMap(({ imports }) =>
    imports.filter(({ kind, path }) => kind === 'dynamic-import' && path.startsWith('src/')),
  )
  expect(loaded).toEqual([])
})

test('what schemas use of Zod is in the bundle', async () => {
  const { z } = await import('../../src/lean-zod.ts')
  const used = globSync('src/**/*.ts').flatMap((path) => {
    const text = readFileSync(path, 'utf8').replaceAll(/\/\*.*?\*\/|\/\/.*$/gms, '')
    return [...text.matchAll(/\bz\.([a-z]\w*)/gi)].map(([, name]) => name as string)
  })
  const types = new Set(['core', 'infer', 'input', 'output', 'RefinementCtx', 'ZodLazy'])
  expect(used.filter((name) => !types.has(name) && !Object.hasOwn(z, name))).toEqual([])
})
