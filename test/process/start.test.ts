import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type Server } from '../support/server.ts'

let server: Server

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await server?.dispose()
})

test('npm start says in one screen of text what to try next', async () => {
  const lines = server.output().trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(30)
  expect(server.output()).toContain(server.origin)
  expect(server.output()).not.toMatch(/warn|error/i)
})

test('what it says to try works as printed', async () => {
  const commands = server
    .output()
    .replaceAll('\\\n', '')
    .match(/^ +curl .*$/gm)!
  expect(commands.length).toBeGreaterThanOrEqual(2)
  const { execFileSync } = await import('node:child_process')
  for (const command of commands) {
    const answer = JSON.parse(execFileSync('sh', ['-c', command.replace('curl', 'curl -sS')], { encoding: 'utf8' }))
    expect(answer).not.toHaveProperty('code')
  }
})

test('cron can be fired, and Ctrl-C stops everything; starting again keeps the data', async () => {
  const fired = await fetch(`${server.origin}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`)
  expect(fired.status).toBe(200)
  const claim = { description: 'Train', amount: 1, currency: 'EUR' }
  const { body } = await server.call('/api/v1/claims', { method: 'POST', body: claim, key: 'cs_demo_member' })
  expect(await server.interrupt()).toBe(0)
  await expect(fetch(`${server.origin}/healthz`)).rejects.toThrow()
  await server.restart()
  expect((await server.call(`/api/v1/claims/${body.claim_id}`)).body).toEqual(body)
})
