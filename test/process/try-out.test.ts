import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type Server } from '../support/server.ts'
import { trials } from '../support/try-out.ts'

/* "Try it out" on the reference, with nothing changed in what is filled in, on a server that has just been started. */

let server: Server

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.dispose())

test('every operation of the reference works as it is filled in', async () => {
  const document = (await (await fetch(`${server.origin}/openapi.json`)).json()) as { paths: object }
  const faults: string[] = []
  const all = trials(document, async (request) => {
    const { pathname, search } = new URL(request.url)
    const body = request.body === null ? null : await request.text()
    return fetch(server.origin + pathname + search, { method: request.method, headers: request.headers, body })
  })
  for (const { run } of all) await run().catch((error: Error) => faults.push(error.message))
  expect(faults).toEqual([])
  expect(all.length).toBeGreaterThan(60)
})
