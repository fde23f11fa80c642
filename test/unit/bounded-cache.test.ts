import { expect, test } from 'vitest'
import { BoundedCache } from '../../src/bounded-cache.ts'

test('what was not asked for longest goes first; what is heavier than the whole is not kept', () => {
  const cache = new BoundedCache<string>(10, (text) => text.length)
  cache.set('a', 'aaaa')
  cache.set('b', 'bbbb')
  cache.get('a')
  cache.set('c', 'cccc')
  expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.weight]).toEqual(['aaaa', undefined, 'cccc', 8])
  cache.set('d', 'd'.repeat(11))
  expect([cache.get('d'), cache.weight]).toEqual([undefined, 8])
  cache.set('a', 'a')
  cache.delete('c')
  cache.delete('c')
  expect(cache.weight).toBe(1)
  cache.set('a', 'a'.repeat(11))
  expect([cache.get('a'), cache.weight]).toEqual([undefined, 0])
})

test('without weights it keeps so many', () => {
  const cache = new BoundedCache<number>(100)
  for (let n = 0; n < 1_000; n += 1) cache.set(String(n), n)
  expect([cache.weight, cache.get('899'), cache.get('900')]).toEqual([100, undefined, 900])
})
