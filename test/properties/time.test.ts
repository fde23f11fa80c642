import fc from 'fast-check'
import { expect, test } from 'vitest'
import { iso } from '../../src/http/time.ts'

test('a time is written as Date writes it, whatever was written before', () => {
  const [least, most] = [Date.parse('0001-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')]
  const anytime = fc.oneof(fc.integer({ min: least, max: most }), fc.integer({ min: -2, max: 90_000_000 }))
  fc.assert(
    fc.property(fc.array(anytime), (times) => {
      expect(times.map((ms) => iso(ms))).toEqual(times.map((ms) => new Date(ms).toISOString()))
    }),
  )
})
