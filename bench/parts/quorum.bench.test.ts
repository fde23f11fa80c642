import { test } from 'vitest'
import { tryCase } from '../../test/support/quorums.ts'

test('the engine says what trying every assignment says, in a million random votings', () => {
  const first = Math.floor(Math.random() * 2 ** 30)
  const started = performance.now()
  for (let seed = first; seed < first + 1_000_000; seed += 1) tryCase(seed)
  console.log(`1,000,000 votings from seed ${first} on in ${Math.round(performance.now() - started)} ms`)
}, 600_000)
