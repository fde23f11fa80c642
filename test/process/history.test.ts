import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { developmentKey } from '../../scripts/development-key.ts'
import { runScript } from '../support/run-script.ts'
import { startServer, type Server } from '../support/server.ts'

/* The commands around the history, beside a server that runs; and what a follower sees while others write. */

const folder = mkdtempSync(join(tmpdir(), 'countersign-history-'))
const file = (name: string) => join(folder, name)
let server: Server

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await server?.dispose()
})

const command = (name: string, ...args: string[]) => runScript(server.state, name, ...args)

const get = (path: string, key = 'cs_demo_admin') => server.call(path, { key })
const claim = { description: 'Taxi', amount: 2300, currency: 'EUR' }

/** Lets cron run until it has sealed as much. */
async function sealedUpTo(size: number): Promise<{ size: number; checkpoint: string }> {
  for (const deadline = Date.now() + 100_000; Date.now() < deadline; await sleep(200)) {
    await fetch(`${server.origin}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`)
    const { status, body } = await get('/v1/history/checkpoint')
    if (status === 200 && body.size >= size) return body
  }
  throw new Error(`${size} events were not sealed`)
}

test('a follower sees every event once and in order, while 32 write; cron seals them', async () => {
  const seen: number[] = []
  let isWriting = true
  let next = 0
  const follow = async () => {
    for (let last = false; !last;) {
      last = !isWriting
      for (let count = 1; count > 0;) {
        const { body } = await get(`/v1/events?after=${next}`)
        count = body.data.length
        seen.push(...body.data.map(({ seq }: { seq: number }) => seq))
        next = body.next
      }
    }
  }
  const write = async () => {
    for (let time = 0; time < 5; time += 1) {
      const { status } = await server.call('/api/v1/claims', { method: 'POST', key: 'cs_demo_member', body: claim })
      expect(status).toBe(201)
    }
  }
  const following = follow()
  await Promise.all(Array.from({ length: 32 }, write))
  isWriting = false
  await following
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index + 1))
  expect(seen.length).toBeGreaterThanOrEqual(160)
  const { checkpoint } = await sealedUpTo(seen.length)
  writeFileSync(file('checkpoint.txt'), checkpoint)
})

test('killed right after a write, what was written is sealed after the restart', async () => {
  for (let time = 0; time < 3; time += 1) {
    await server.call('/api/v1/claims', { method: 'POST', key: 'cs_demo_member', body: claim })
  }
  await server.kill()
  await server.restart()
  const { next } = (await get('/v1/events?after=999999')).body
  expect(next).toBe(999_999)
  await sealedUpTo(Number(readFileSync(file('checkpoint.txt'), 'utf8').split('\n')[1]) + 3)
})

test('the export is verified by one command, against keys and a checkpoint that were kept; a change is named', async () => {
  const exported = (await get('/v1/history/export')).body as string
  writeFileSync(file('history.ndjson'), exported)
  writeFileSync(file('jwks.json'), JSON.stringify((await get('/.well-known/jwks.json')).body))
  const known = ['--keys', file('jwks.json'), '--earlier', file('checkpoint.txt')]
  const verified = await command('verify-history', file('history.ndjson'), ...known)
  expect(verified).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^\d+ events of countersign\/demo\/\d+ match/),
  })
  const lines = exported.split('\n')
  writeFileSync(file('changed.ndjson'), lines.with(6, lines[6]!.replace('"actor":"', '"actor":"x')).join('\n'))
  const changed = await command('verify-history', file('changed.ndjson'))
  expect(changed).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('event 7 ') })
  writeFileSync(file('cut.ndjson'), exported.slice(0, exported.length / 2))
  expect(await command('verify-history', file('cut.ndjson'))).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/event \d+ /),
  })
  expect((await command('verify-history')).status).toBe(1)
})

test('of several files the one that is wrong is named, and how', async () => {
  const good = file('history.ndjson')
  writeFileSync(file('text.txt'), 'nothing of the kind')
  writeFileSync(file('empty.json'), '{}')
  const said = async (...args: string[]) => {
    const { status, stderr } = await command('verify-history', ...args)
    expect([args, status]).toEqual([args, 1])
    return stderr
  }
  expect(await said(good, '--keys', file('text.txt'))).toContain(`${file('text.txt')} is not JSON`)
  expect(await said(good, '--keys', file('empty.json'))).toContain(`${file('empty.json')} is not a JWK set`)
  expect(await said(good, '--earlier', file('text.txt'))).toContain(`${file('text.txt')} is not a checkpoint`)
  expect(await said(good, '--keys', file('none.json'))).toContain(file('none.json'))
  expect(await said(file('none.ndjson'))).toContain(file('none.ndjson'))
  for (const wrong of ['text.txt', 'empty.json', 'jwks.json'])
    expect(await said(file(wrong))).toContain(`${file(wrong)} is not an export: line 1 is`)
})

test('without a signing key nothing is signed, and it is said; once there is one, it is caught up', async () => {
  const before = (await get('/v1/history/checkpoint')).body
  await server.kill()
  await server.restart({ HISTORY_SIGNING_KEY: '' })
  const submitted = await server.call('/api/v1/claims', { method: 'POST', key: 'cs_demo_member', body: claim })
  expect(submitted.status).toBe(201)
  await fetch(`${server.origin}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`)
  for (const path of ['/v1/history/checkpoint', '/v1/history/export', '/v1/approvals/req_demo4/receipt']) {
    const { status, body } = await get(path)
    const remedy = expect.stringContaining('npm run signing-key | npx wrangler secret put')
    expect([path, status, body]).toMatchObject([path, 503, { code: 'signing_unavailable', detail: remedy }])
  }
  expect((await get(`/v1/events?after=${before.size}`)).body.data.length).toBeGreaterThan(0)
  expect(server.output()).toContain('the history is not being sealed')
  await server.kill()
  await server.restart({ HISTORY_SIGNING_KEY: developmentKey })
  await sealedUpTo(before.size + 1)
})

test('another signing key is made by one command, and what the first has signed stays verifiable', async () => {
  const earlier = (await get('/v1/approvals/req_demo4/receipt')).body.receipt as string
  const checkpoint = (await get('/v1/history/checkpoint')).body
  const made = await command('signing-key', '--after', server.origin)
  expect(made).toMatchObject({ status: 0, stderr: expect.stringContaining('1 before it') })
  const { keys } = JSON.parse(made.stdout)
  expect([keys.length, 'd' in keys[0], 'd' in keys[1]]).toEqual([2, true, false])
  await server.kill()
  await server.restart({ HISTORY_SIGNING_KEY: made.stdout })
  const published = (await get('/.well-known/jwks.json')).body
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  const set = createLocalJWKSet(published)
  const later = (await get('/v1/approvals/req_demo4/receipt')).body.receipt as string
  const [one, two] = [await jwtVerify(earlier, set), await jwtVerify(later, set)]
  expect([one.protectedHeader.kid, two.protectedHeader.kid]).toEqual([published.keys[1].kid, published.keys[0].kid])
  expect(two.payload).toMatchObject({ ...one.payload, iat: expect.any(Number) })
  expect((await get('/v1/history/checkpoint')).body.verifier_key).toBe(checkpoint.verifier_key)
  await server.call('/api/v1/claims', { method: 'POST', key: 'cs_demo_member', body: claim })
  await sealedUpTo(checkpoint.size + 1)
  expect((await get('/v1/history/checkpoint')).body.verifier_key).not.toBe(checkpoint.verifier_key)
})

test('who has just been here is erased twice: it is said what is waited for', async () => {
  const script = join(import.meta.dirname, '../../scripts/erase.ts')
  const erasing = spawn(process.execPath, ['--js-base-64', script, 'person', 'usr_coord99', '--tenant', 'demo'], {
    env: { ...process.env, STATE_DIR: server.state },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed: string[] = []
  for (const stream of [erasing.stdout, erasing.stderr]) stream.on('data', (chunk) => printed.push(String(chunk)))
  await Promise.race([once(erasing.stderr, 'data'), once(erasing, 'exit')])
  expect([erasing.exitCode, printed.join('')]).toEqual([
    null,
    expect.stringMatching(/31 seconds.*usr_coord99 may still be trusted/),
  ])
  erasing.kill()
  await once(erasing, 'exit')
})

test('a person is erased by one command, and the history still fits; a tenant is deleted by another', async () => {
  const erased = await command('erase', 'person', 'usr_member', '--tenant', 'demo', '--once')
  expect(erased).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('usr_member is erased in demo'),
    stderr: '',
  })
  writeFileSync(file('erased.ndjson'), (await get('/v1/history/export')).body)
  const verified = await command('verify-history', file('erased.ndjson'), '--earlier', file('checkpoint.txt'))
  expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining('had their data erased') })
  expect((await command('erase', 'person', 'usr_x', '--tenant', 'nobody')).status).toBe(1)
  expect(await command('erase', 'person', 'usr_member', '--tenant', 'demo', '--once')).toMatchObject({ status: 0 })
  expect(await command('erase', 'person', 'usr_nobody', '--tenant', 'demo')).toMatchObject({
    status: 1,
    stdout: '',
    stderr: 'Nobody with the id usr_nobody is known in demo. Nothing was erased.',
  })

  expect(await command('tenants', 'list')).toMatchObject({ status: 0, stdout: 'demo\nother' })
  expect(await command('tenants', 'delete', 'other')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('--yes'),
  })
  expect(await command('tenants', 'delete', 'other', '--yes', '--once')).toMatchObject({ status: 0, stderr: '' })
  expect((await command('tenants', 'list')).stdout).toBe('demo')
})
