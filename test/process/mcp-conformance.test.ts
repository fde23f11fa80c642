import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type Server } from '../support/server.ts'

/* The official conformance tests of the Model Context Protocol, those for what this server has: tools. */

const program = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/conformance/dist/index.js')
let server: Server
/** Adds a key to each call, because the tests send none. */
const withKey = createServer(async (request, response) => {
  const headers = { ...request.headers, authorization: 'Bearer cs_demo_service' } as unknown as Record<string, string>
  for (const own of ['host', 'connection', 'content-length', 'transfer-encoding']) delete headers[own]
  const body = request.method === 'POST' ? await text(request) : undefined
  const answer = await fetch(`${server.origin}${request.url}`, { method: request.method!, headers, body })
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  if (answer.body) Readable.fromWeb(answer.body as never).pipe(response)
  else response.end()
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

test.each(['server-initialize', 'ping', 'tools-list'])('%s', async (scenario) => {
  const url = `http://127.0.0.1:${(withKey.address() as AddressInfo).port}/mcp`
  const child = spawn(process.execPath, [program, 'server', '--url', url, '--scenario', scenario])
  const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  expect(code, out + error).toBe(0)
  expect(out).toMatch(/Passed: (\d+)\/\1, 0 failed/)
})
