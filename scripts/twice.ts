import { setTimeout as sleep } from 'node:timers/promises'

/** For how many seconds a key may be trusted after it is gone (`trustMs`), with room. */
const trusted = 31

/**
 * Takes something away, and does so again once no isolate trusts the keys any more that were good before: for what was
 * sent with one meanwhile. Says on stderr what it waits for.
 *
 * @param whose whose keys they are
 * @param isOnce whether to leave out the second time, as tests do
 */
export async function twice<T>(take: (time: 1 | 2) => Promise<T>, whose: string, isOnce = false): Promise<T[]> {
  const first = await take(1)
  if (isOnce) return [first]
  console.error(
    `Waiting ${trusted} seconds, for which keys of ${whose} may still be trusted; then it is done once more.`,
  )
  await sleep(trusted * 1000)
  return [first, await take(2)]
}
