import { test } from 'vitest'
import { firstUnfit, mutated, seeded, storedHistory, variedTenant } from '../../test/support/mutations.ts'

test('verification names the first event that does not fit, in a million random changes', async () => {
  const stored = await storedHistory(await variedTenant())
  const seed = Date.now()
  const random = seeded(seed)
  const started = performance.now()
  const tried = new Map<string, number>()
  for (let time = 0; time < 1_000_000; time += 1) {
    const { changed, first, how } = mutated(stored, random)
    const named = await firstUnfit(changed, first - 1)
    if (named !== first) throw new Error(`Seed ${seed}, change ${time}: ${how} at ${first} was named ${named}`)
    tried.set(how, (tried.get(how) ?? 0) + 1)
  }
  console.log(`1,000,000 changes from seed ${seed} in ${Math.round(performance.now() - started)} ms, each named:`)
  for (const [how, times] of [...tried].toSorted()) console.log(`  ${how}: ${times}`)
}, 3_600_000)
