import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type Server } from '../support/server.ts'

/* `@countersign/client` in a Worker, against the server that `npm start` starts. */

const program = `
  import { Countersign, isCountersignError } from './client/src/index.ts'

  const steps = {
    async asks(client, reviewer) {
      const asked = await client.request({ type: 'deployment', title: 'Deploy web', details: { service: 'web' } })
      const decided = client.waitForDecision(asked.id, { timeout: 30_000 })
      await reviewer.call('approveRequest', { path: { id: asked.id } })
      const { details } = await client.redeem(await decided)
      const { redemption } = await client.report(asked.id, { outcome: 'succeeded' })
      return { details, outcome: redemption.outcome }
    },
    whoAmI: (client) => client.call('whoAmI'),
    async exports(client, reviewer, admin) {
      const lines = (await admin.call('exportHistory')).pipeThrough(new TextDecoderStream())
      let length = 0
      for await (const text of lines) length += text.length
      return { length }
    },
  }

  export default {
    async fetch(request) {
      const { step, ...given } = await request.json()
      const as = (name) => new Countersign({ key: 'cs_demo_' + name, retries: 0, ...given })
      try {
        return Response.json(await steps[step](as('service'), as('reviewer'), as('admin')))
      } catch (error) {
        const { code, status, detail } = error
        return Response.json(isCountersignError(error) ? { code, status, detail } : { error: String(error) })
      }
    },
  }
`

let server: Server
let worker: Miniflare
beforeAll(async () => {
  const stdin = { contents: program, resolveDir: join(import.meta.dirname, '../..') }
  const { outputFiles } = await build({ stdin, bundle: true, format: 'esm', write: false })
  const script = outputFiles[0]!.text
  worker = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      telemetry: { enabled: false },
      modules: true,
      script,
      compatibilityDate: '2026-01-01',
    }),
  )
  server = await startServer({ LOG_REQUESTS: 'off' })
})
afterAll(async () => {
  await worker?.dispose()
  await server?.dispose()
})

/** What comes of a step that the Worker takes. */
async function taken(step: string, given: { baseUrl: string; attemptTimeout?: number }): Promise<unknown> {
  const answer = await worker.dispatchFetch('http://worker', {
    method: 'POST',
    body: JSON.stringify({ step, ...given }),
  })
  return answer.json()
}

test('asks, waits, redeems and reports', async () => {
  expect(await taken('asks', { baseUrl: server.origin })).toEqual({ details: { service: 'web' }, outcome: 'succeeded' })
})

test('reads streams', async () => {
  const { length } = (await taken('exports', { baseUrl: server.origin })) as { length: number }
  expect(length).toBeGreaterThan(1_000)
})

test('does not wait for an answer that stalls', async () => {
  const stalling = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('{"person":')
  })
  await new Promise<void>((resolve) => void stalling.listen(0, '127.0.0.1', resolve))
  const { port } = stalling.address() as AddressInfo
  try {
    expect(await taken('whoAmI', { baseUrl: `http://127.0.0.1:${port}`, attemptTimeout: 200 })).toMatchObject({
      code: 'no_answer',
      status: 200,
    })
  } finally {
    stalling.closeAllConnections()
    stalling.close()
  }
})

test('is led nowhere else', async () => {
  const arrived: string[] = []
  const elsewhere = createServer((request, response) => {
    arrived.push(request.url!)
    response.writeHead(302, { location: 'https://sign-in.example/' }).end()
  })
  await new Promise<void>((resolve) => void elsewhere.listen(0, '127.0.0.1', resolve))
  const { port } = elsewhere.address() as AddressInfo
  try {
    expect(await taken('whoAmI', { baseUrl: `http://127.0.0.1:${port}` })).toEqual({
      code: 'unreadable',
      status: 302,
      detail: expect.stringContaining('https://sign-in.example/'),
    })
    expect(arrived).toEqual(['/v1/me'])
  } finally {
    elsewhere.close()
  }
})
