import { spawn } from 'node:child_process'
import { createServer, request, type RequestOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type Server } from '../support/server.ts'

/* The official conformance tests of the Model Context Protocol, those for what this server has: tools. */

const program = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/conformance/dist/index.js')
let server: Server
/** Adds a key to each call, because the tests send none. */
const withKey = createServer((incoming, answer) => {
  const { method, url, headers } = incoming
  const options = { method, headers: { ...headers, authorization: 'Bearer cs_demo_service' } }
  const outgoing = request(`${server.origin}${url}`, options as RequestOptions, (response) => {
    answer.writeHead(response.statusCode!, response.headers)
    response.pipe(answer)
  })
  outgoing.on('error', () => answer.destroy())
  incoming.pipe(outgoing)
})

beforeAll(async () => {
  server = await startServer({ LOG_REQUESTS: 'off' })
  withKey.listen(0, '127.0.0.1')
  await once(withKey, 'listening')
})
afterAll(async () => {
  withKey.closeAllConnections()
  withKey.close()
  await server?.dispose()
})

/*
 * What is left out needs tools, prompts and resources of its own ("test_error_handling"), or a server without
 * authentication (dns-rebinding-protection).
 */
test.each([
  ['server-initialize', 1],
  ['ping', 1],
  ['tools-list', 1],
  ['server-sse-polling', 0],
  ['server-sse-multiple-streams', 0],
])('%s', async (scenario, checks) => {
  const url = `http://127.0.0.1:${(withKey.address() as AddressInfo).port}/mcp`
  const child = spawn(process.execPath, [program, 'server', '--url', url, '--scenario', scenario])
  const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  expect(code, out + error).toBe(0)
  expect(out).toContain(`Passed: ${checks}/${checks}, 0 failed`)
})
