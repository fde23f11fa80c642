import { expect, test, vi } from 'vitest'
import { Follower } from '../../src/claims/follower.ts'

test('a follower has a clock until it ends, and none that begins later', () => {
  vi.useFakeTimers()
  try {
    const ended: Follower[] = []
    const follower = new Follower('key', (one) => ended.push(one))
    follower.endAt(Date.now() + 60_000)
    expect(vi.getTimerCount()).toBe(1)
    follower.end()
    expect(vi.getTimerCount()).toBe(0)
    follower.endAt(Date.now() + 60_000)
    expect(vi.getTimerCount()).toBe(0)
    expect(ended).toEqual([follower])
  } finally {
    vi.useRealTimers()
  }
})
