import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { build } from 'esbuild'
import { publint } from 'publint'
import { afterAll, beforeAll, expect, test } from 'vitest'

/* `@countersign/client` as somebody gets it: packed, and installed in an empty project. */

const root = join(import.meta.dirname, '../..')
const client = join(root, 'client')
const project = mkdtempSync(join(tmpdir(), 'countersign-client-'))
const run = (file: string, args: string[], cwd = project) =>
  execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
let tarball: string

beforeAll(() => {
  const packed = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], client)
  const listed = JSON.parse(packed) as unknown
  const [{ filename }] = (Array.isArray(listed) ? listed : Object.values(listed as object)) as [{ filename: string }]
  tarball = join(project, filename)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module', private: true }))
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball])
})
afterAll(() => rmSync(project, { recursive: true }))

/** What a bundle of this program has, minified and gzipped, in bytes. */
async function sizeOf(program: string): Promise<number> {
  const options = { stdin: { contents: program, resolveDir: project }, logLevel: 'error' } as const
  const { outputFiles } = await build({ ...options, bundle: true, minify: true, format: 'esm', write: false })
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).byteLength
}

test('it runs, and is typed, in an empty project', () => {
  const program = `
    import { Countersign, isCountersignError, type Decision } from '@countersign/client'
    const countersign = new Countersign({ baseUrl: 'https://countersign.example', key: 'cs_1', retries: 0,
      fetch: async () => Response.json({ code: 'unauthorized', detail: 'No.' }, { status: 401 }) })
    const decision: Decision | Error = await countersign.waitForDecision('req_1').catch((error: Error) => error)
    if (!isCountersignError(decision, 'unauthorized')) throw new Error('It did not refuse.')
    console.log(decision.code)
  `
  writeFileSync(join(project, 'program.ts'), program)
  const settings = ['--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023,dom', '--types', '', '--strict']
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...settings, 'program.ts'])
  expect(run(process.execPath, ['program.js'])).toBe('unauthorized\n')
})

test('it has at most 10 kB gzipped, and less where less is used', async () => {
  const whole = await sizeOf("export * from '@countersign/client'")
  expect(whole).toBeLessThanOrEqual(10_000)
  const webhooks = await sizeOf("export { verifyWebhook } from '@countersign/client'")
  expect(webhooks).toBeLessThan(whole / 3)
  expect(await sizeOf("import '@countersign/client'")).toBeLessThan(100)
})

test('publint finds nothing', async () => {
  const { messages } = await publint({ strict: true, pack: { tarball: bytesOf(tarball) } })
  expect(messages).toEqual([])
})

test('its types are right however it is imported, as a module', async () => {
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))))
  const problems = analysis.types ? analysis.problems : ['It has no types.']
  // That it is no CommonJS, and that the resolution of Node 10 knows no `exports`, is meant so.
  const isMeant = (problem: (typeof problems)[number]) =>
    typeof problem !== 'string' &&
    (problem.kind === 'CJSResolvesToESM' || ('resolutionKind' in problem && problem.resolutionKind === 'node10'))
  expect(problems.filter((problem) => !isMeant(problem))).toEqual([])
})

function bytesOf(file: string): ArrayBuffer {
  return new Uint8Array(readFileSync(file)).buffer
}
