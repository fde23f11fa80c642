import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Metafile } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildWorker } from '../../scripts/bundle-worker.ts'
import { demoData } from '../../scripts/demo-data.ts'
import { familyDemos } from '../../scripts/family-demos.ts'
import { migrateLocal } from '../../scripts/migrate-local.ts'
import { readWorkerConfig, workerOptions } from '../../scripts/worker-config.ts'

/* What `wrangler deploy` would upload. */

interface OpenApi {
  paths: Record<string, Record<string, { summary?: string }>>
}

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'countersign-bundle-'))
const uploaded = join(folder, 'uploaded')
let modules: string[]
let meta: Metafile

beforeAll(async () => {
  const wrangler = ['node_modules/wrangler/bin/wrangler.js', 'deploy', '--dry-run', '--outdir', uploaded]
  execFileSync(process.execPath, wrangler, { stdio: 'pipe' })
  modules = globSync('**/*.js', { cwd: uploaded })
  meta = await buildWorker(root, join(folder, 'built'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The modules that are loaded with this one, by their paths. */
function loadedWith(path: string): string[] {
  const { imports } = meta.outputs[path]!
  const loaded = imports.filter(({ kind, external }) => kind === 'import-statement' && !external)
  return [path, ...loaded.flatMap(({ path }) => loadedWith(path))]
}

/** What of the sources is loaded as the Worker starts. */
function loadedAtFirst(): string[] {
  const front = Object.keys(meta.outputs).find((path) => meta.outputs[path]!.entryPoint === 'src/index.ts')!
  const inputs = loadedWith(front).flatMap((path) => Object.entries(meta.outputs[path]!.inputs))
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path)
}

const codeOf = (names: string[]) => Buffer.concat(names.map((name) => readFileSync(join(uploaded, name))))

test('it has at most 335 KiB, and 263 without MCP', () => {
  expect(gzipSync(codeOf(modules)).byteLength).toBeLessThanOrEqual(335 * 1024)
  const ofMcp = Object.keys(meta.outputs).filter((path) =>
    Object.keys(meta.outputs[path]!.inputs).some((input) => input.includes('@modelcontextprotocol/server/dist')),
  )
  expect(ofMcp).toHaveLength(1)
  const others = modules.filter((name) => !ofMcp[0]!.endsWith(`/${name}`))
  expect(others).toHaveLength(modules.length - 1)
  expect(gzipSync(codeOf(others)).byteLength).toBeLessThanOrEqual(263 * 1024)
})

test('of the languages that messages could be in, it has one', () => {
  const inputs = Object.values(meta.outputs).flatMap((output) => Object.entries(output.inputs))
  const languages = inputs.filter(([path, { bytesInOutput }]) => /zod\/v4\/locales\//.test(path) && bytesInOutput > 100)
  expect(languages.map(([path]) => path)).toEqual(['node_modules/zod/v4/locales/en.js'])
})

test('what makes the OpenAPI document stays at home: it was made beforehand', () => {
  const ofDocument = /zod-to-openapi|http\/(openapi|documented)\.ts/
  expect(Object.keys(meta.inputs).filter((path) => ofDocument.test(path))).toEqual([])
})

test('what the sources say for the document stays at home, too', () => {
  const { paths } = JSON.parse(readFileSync(join(root, 'dist/public/docs/assets/openapi.json'), 'utf8')) as OpenApi
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods))
  const summaries = operations.flatMap(({ summary }) => summary ?? [])
  expect(summaries.length).toBeGreaterThan(100)
  const code = codeOf(modules).toString()
  // But for what several operations share.
  const kept = summaries.filter((summary) => code.includes(`"${summary}"`))
  expect(kept.length).toBeLessThan(summaries.length / 20)
})

test('the demo data stays at home', () => {
  expect(Object.keys(meta.inputs).filter((path) => path.includes('.demo.'))).toEqual([])
})

test.each(['node_modules/re2js/', 'node_modules/@modelcontextprotocol/server/', 'node:crypto'])(
  '%s is loaded when it is needed',
  (what) => {
    expect(Object.keys(meta.inputs).some((path) => path.includes(what)) || what.startsWith('node:')).toBe(true)
    expect(loadedAtFirst().filter((path) => path.includes(what))).toEqual([])
    const outside = Object.values(meta.outputs).flatMap(({ imports }) => imports.filter(({ external }) => external))
    expect(outside.map(({ path }) => path)).not.toContain(what)
  },
)

test('what schemas use of Zod is in it', async () => {
  const { z } = await import('../../src/lean-zod.ts')
  const used = globSync('src/**/*.ts').flatMap((path) => {
    const text = readFileSync(path, 'utf8').replaceAll(/\/\*.*?\*\/|\/\/.*$/gms, '')
    return [...text.matchAll(/\bz\.([a-z]\w*)/gi)].map(([, name]) => name as string)
  })
  const types = new Set(['core', 'infer', 'input', 'output', 'RefinementCtx', 'ZodArray', 'ZodString'])
  expect(used.filter((name) => !types.has(name) && !Object.hasOwn(z, name))).toEqual([])
})

test('it runs: what is loaded when it is needed is found', async () => {
  const config = readWorkerConfig(root)
  const module = (path: string) => ({
    type: 'ESModule' as const,
    path,
    contents: readFileSync(join(uploaded, path), 'utf8'),
  })
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      telemetry: { enabled: false },
      rootPath: root,
      resourcePersistencePath: join(folder, 'state'),
      workers: [
        {
          ...workerOptions(config, root, { RATE_LIMIT: 'off', LOG_REQUESTS: 'off' }),
          modules: [module('index.js'), ...modules.filter((name) => name !== 'index.js').map(module)],
        },
      ],
    }),
  )
  try {
    const { DB: db } = await miniflare.getBindings<Env>()
    await migrateLocal(db, join(root, 'migrations'), join(folder, 'migrations.json'))
    await db.batch([db.prepare((await demoData(await familyDemos(), Date.now())).join(';\n'))])
    const send = async (path: string, body: object) => {
      const headers = {
        Authorization: 'Bearer cs_demo_admin',
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
      }
      const url = `http://localhost${path}`
      const answer = await miniflare.dispatchFetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
      return [answer.status, await answer.text()] as const
    }
    const check = {
      name: 'Invoice number',
      type: 'field_format',
      config: { field: '/invoice/no', pattern: '^R-\\d+$' },
    }
    expect(await send('/v1/structuring/checks', check)).toEqual([201, expect.stringContaining('Invoice number')])
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    expect(await send('/mcp', message)).toEqual([200, expect.stringContaining('request_approval')])
  } finally {
    await miniflare.dispose()
  }
})
