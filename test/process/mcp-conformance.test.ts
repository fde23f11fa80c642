import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request, type RequestOptions, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLocalServer, type LocalServer } from '../../scripts/local-server.ts'
import { newState } from '../support/server.ts'

/*
 * The official conformance tests of the Model Context Protocol, of both eras. They call our door, of which one file is
 * made up (test/made-up-mcp): behind it are the tools, prompts and resources that they expect.
 */

const asksMeanwhile = 'asks the client within a call, and what it answers comes by itself, maybe to another isolate'
const tellsLater = 'tells the client of changes after its call was answered'
const session = 'is about sessions, and there are none'
const tasks = 'is about the extension Tasks: a call of ours waits for as long as a call may, and is repeated'
const skills = 'is about the extension Skills'

/** What we rightly do not offer, nor declare, by the revision and the name of the scenario: why. */
const leftOut: Record<string, Record<string, string>> = {
  '2025-11-25': {
    'tools-call-sampling': asksMeanwhile,
    'tools-call-elicitation': asksMeanwhile,
    'elicitation-sep1034-defaults': asksMeanwhile,
    'elicitation-sep1330-enums': asksMeanwhile,
    'resources-subscribe': tellsLater,
    'resources-unsubscribe': tellsLater,
    'server-session-lifecycle': session,
    'server-sse-multiple-streams': session,
    'server-sse-polling': session,
  },
  '2026-07-28': {
    'tasks-lifecycle': tasks,
    'tasks-capability-negotiation': tasks,
    'tasks-wire-fields': tasks,
    'tasks-request-state-removal': tasks,
    'tasks-mrtr-input': tasks,
    'tasks-request-headers': tasks,
    'tasks-dispatch-and-envelope': tasks,
    'tasks-status-notifications': tasks,
    'tasks-required-task-error': tasks,
    'tasks-mrtr-composition': tasks,
  },
  'of no revision': {
    'sep-2640-skills-directory': skills,
    'sep-2640-skills-enumeration': skills,
    'sep-2640-skills-manifest': skills,
  },
}

interface Check {
  id: string
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED'
  errorMessage?: string
}

const root = join(import.meta.dirname, '../..')
const program = join(root, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
const state = newState()
const doors: Server[] = []
const found = new Map<string, ReturnType<typeof checksOf>>()
let server: LocalServer

beforeAll(async () => {
  server = await startLocalServer({
    port: 0,
    state,
    vars: { RATE_LIMIT: 'off', LOG_REQUESTS: 'off' },
    log: () => undefined,
    replaced: { './make-server.ts': './test/made-up-mcp/make-server.ts' },
  })
})
afterAll(async () => {
  for (const door of doors) {
    door.closeAllConnections()
    door.close()
  }
  await server?.stop()
  rmSync(state, { recursive: true, force: true })
})

/** Where a key is added to each call, because the tests send none; and nothing else is changed. */
async function doorFor(key: string): Promise<string> {
  const door = createServer((incoming, answer) => {
    const { method, url, headers } = incoming
    const options = { method, headers: { ...headers, authorization: `Bearer ${key}` } }
    const outgoing = request(`${server.origin}${url}`, options as RequestOptions, (response) => {
      answer.writeHead(response.statusCode!, response.headers)
      response.pipe(answer)
    })
    outgoing.on('error', () => answer.destroy())
    incoming.pipe(outgoing)
  })
  doors.push(door)
  await once(door.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(door.address() as AddressInfo).port}/mcp`
}

async function conformance(...args: string[]) {
  const child = spawn(process.execPath, [program, ...args])
  const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: code as number, out: out + error }
}

/** What the checks have found of each scenario that a revision requires or knows; asked for once. */
function scenariosOf(revision: string) {
  const scenarios = found.get(revision) ?? checksOf(revision)
  found.set(revision, scenarios)
  return scenarios
}

async function checksOf(revision: string): Promise<[scenario: string, checks: Check[]][]> {
  const folder = join(state, revision)
  const url = await doorFor('cs_demo_service')
  const { out } = await conformance('server', '--url', url, '--requirements', revision, '--output-dir', folder)
  expect(out).toContain('=== SUMMARY ===')
  return readdirSync(folder).map((name) => [
    /^server-(.*)-\d{4}-\d\d-\d\dT/.exec(name)![1]!,
    JSON.parse(readFileSync(join(folder, name, 'checks.json'), 'utf8')) as Check[],
  ])
}

const revisions = ['2025-11-25', '2026-07-28']

test.each(revisions)('of %s it does what is required, but for what is left out', async (revision) => {
  const faults = (await scenariosOf(revision)).flatMap(([name, checks]) => {
    const faults = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
    const isDone = faults.length === 0 && checks.some(({ status }) => status === 'SUCCESS')
    return isDone ? [] : [[name, faults.map(({ id, errorMessage }) => `${id}: ${errorMessage}`)]]
  })
  const expected = Object.keys(leftOut[revision]!).map((name) => [name, expect.anything()])
  expect(Object.fromEntries(faults)).toEqual(Object.fromEntries(expected))
})

test.each(revisions)('of %s our own tools are listed as its schema says', async (revision) => {
  const url = await doorFor('cs_demo_member')
  const ours = ['--url', url, '--scenario', 'tools-list', '--spec-version', revision, '--verbose']
  const { code, out } = await conformance('server', ...ours)
  expect([code, out]).toEqual([0, expect.stringMatching(/request_approval[^]*wire-schema-valid/)])
})

test('no scenario of the package is forgotten', async () => {
  const { out } = await conformance('list', '--server')
  const all = [...out.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name!)
  expect(all.length).toBeGreaterThan(60)
  const tried = new Set((await Promise.all(revisions.map(scenariosOf))).flat().map(([name]) => name))
  expect(all.filter((name) => !tried.has(name))).toEqual(Object.keys(leftOut['of no revision']!))
})
