import { expect, test } from 'vitest'
import { urlFault } from '../../src/webhooks/endpoint-url.ts'
import { mostTries, nextAttempt, readRetryAfter } from '../../src/webhooks/schedule.ts'
import { decryptSecret, encryptSecret, newSecret } from '../../src/webhooks/secrets.ts'

test.each([
  'https://hooks.example.com/in?x=1',
  'https://hooks.example.com:443/',
  'https://example.com./',
  'https://8.8.8.8/',
  'https://[2606:4700:4700::1111]/',
  'https://bücher.example/',
])('%s will do', (url) => {
  expect([urlFault(url, false), urlFault(url, true)]).toEqual([null, null])
})

const urls = [
  '',
  'nonsense',
  '/in',
  'ftp://hooks.example.com/',
  'javascript:alert(1)',
  'data:text/plain,x',
  'http://hooks.example.com/',
  'https://hooks.example.com:8443/',
  'https://hooks.example.com:80/',
  'https://user@hooks.example.com/',
  'https://user:pass@hooks.example.com/',
  'https://:pass@hooks.example.com/',
]
const names =
  'intranet printer.local db.internal metadata.google.internal nas.lan a.localhost router.home.arpa x.localhost. api.svc a..example.com *.example.com x.onion'
/* Private, shared, link-local with the clouds' metadata, benchmarks, documentation, multicast, reserved. */
const v4 = `10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.127.255.255 169.254.169.254 169.254.0.1
  0.0.0.0 0.1.2.3 192.0.0.1 192.0.2.1 168.63.129.16 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255`
const v6 = `[::] [fc00::1] [fdff::1] [fe80::1] [fec0::1] [ff02::1] [2001:db8::1] [::ffff:10.0.0.1] [::ffff:169.254.169.254]
  [::ffff:a9fe:a9fe] [::ffff:0:10.0.0.1] [::10.0.0.1] [64:ff9b::10.0.0.1] [64:ff9b:1::1] [2002:a00:1::] [2001::1] [100::1]
  [::ffff:8.8.8.8] [3fff::1]`
/* Decimal, octal, hexadecimal, with fewer parts, full-width digits, a dot behind. */
const disguised = '2852039166 0xa9fea9fe 0251.0376.0251.0376 10.1 0x0a.1 012.0.0.1 １０.0.0.1 10.0.0.1.'
const hosts = [names, v4, v6, disguised].flatMap((list) => list.split(/\s+/))
const refused = [...urls, ...hosts.map((host) => `https://${host}/`)]

test.each(refused)('%s is refused', (url) => {
  expect([urlFault(url, false), urlFault(url, true)]).toEqual([expect.any(String), expect.any(String)])
})

test.each([
  'https://localhost/',
  'https://LOCALHOST./x',
  'http://localhost:9000/in',
  'http://127.0.0.1:9000/',
  'http://127.1/',
  'http://2130706433:9000/',
  'http://0x7f000001/',
  'http://017700000001/',
  'http://[::1]:9000/',
])('%s is of this machine: for local development alone', (url) => {
  expect([urlFault(url, false), urlFault(url, true)]).toEqual([expect.any(String), null])
})

test('attempts go on for more than a day with growing delays, a fifth of them by chance, and then stop', () => {
  const delays = Array.from({ length: mostTries }, (_, index) => nextAttempt(index + 1, null, 0, 0))
  const waits = delays.slice(0, -1) as number[]
  expect(waits).toEqual(waits.toSorted((a, b) => a - b))
  expect(waits.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(24 * 3_600_000)
  expect(delays.at(-1)).toBeNull()
  expect(nextAttempt(2, null, 1_000, 1)).toBe(1_000 + 360_000)
  expect(nextAttempt(2, null, 1_000, 0.5)).toBe(1_000 + 330_000)
})

test('Retry-After counts where it is later, up to a day', () => {
  const hour = 3_600_000
  expect(nextAttempt(1, hour, 0, 0)).toBe(hour)
  expect(nextAttempt(2, 1_000, 0, 0)).toBe(300_000)
  expect(nextAttempt(1, 1_000 * hour, 0, 0)).toBe(24 * hour)
  const now = Date.parse('2026-03-16T14:00:00Z')
  expect(readRetryAfter('120', now)).toBe(120_000)
  expect(readRetryAfter('Mon, 16 Mar 2026 15:00:00 GMT', now)).toBe(hour)
  expect(readRetryAfter('Mon, 16 Mar 2026 13:00:00 GMT', now)).toBe(0)
  expect([null, 'soon', '-5', '1e9'].map((header) => readRetryAfter(header, now))).toEqual([
    null,
    null,
    expect.anything(),
    null,
  ])
})

const key = (seed: number) => new Uint8Array(32).fill(seed).toBase64()

test('a stored secret is good for its endpoint and its key alone; a new key is taken with the older one behind it', async () => {
  const secret = newSecret()
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(newSecret()).not.toBe(secret)
  const stored = await encryptSecret(key(1), 'whe_a', secret)
  expect(stored).not.toBe(await encryptSecret(key(1), 'whe_a', secret))
  expect(await decryptSecret(key(1), 'whe_a', stored)).toBe(secret)
  expect(await decryptSecret(`${key(2)}, ${key(1)}`, 'whe_a', stored)).toBe(secret)
  const renewed = await encryptSecret(`${key(2)},${key(1)}`, 'whe_a', secret)
  expect(await decryptSecret(key(2), 'whe_a', renewed)).toBe(secret)
  const flipped = stored.slice(0, -3) + (stored.endsWith('A==') ? 'B==' : 'A==')
  for (const [keys, id, text] of [
    [key(2), 'whe_a', stored],
    [key(1), 'whe_b', stored],
    [key(1), 'whe_a', flipped],
    [key(1), 'whe_a', 'nonsense'],
    [undefined, 'whe_a', stored],
    [btoa('short'), 'whe_a', stored],
  ] as const)
    await expect(decryptSecret(keys, id, text)).rejects.toMatchObject({ code: 'webhooks_unavailable' })
})
