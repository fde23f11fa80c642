/**
 * Runs a step again and again until one did less than `perStep`, which says that nothing is left, or `steps` of them
 * have run.
 *
 * @param step one transaction; says how many it did
 * @returns how many they did together
 */
export async function inSteps(steps: number, perStep: number, step: () => Promise<number>): Promise<number> {
  let total = 0
  for (let count = 0; count < steps; count += 1) {
    const done = await step()
    total += done
    if (done < perStep) break
  }
  return total
}

/**
 * Looks for something to do and does it, again and again until fewer than `perStep` are found or `steps` have run.
 *
 * @param find looks for up to `perStep`
 * @param act one transaction; says how many of the found it did
 * @returns how many they did together
 */
export async function asFound<T>(
  steps: number,
  perStep: number,
  find: (limit: number) => Promise<T[]>,
  act: (found: T[]) => Promise<number>,
): Promise<number> {
  let total = 0
  await inSteps(steps, perStep, async () => {
    const found = await find(perStep)
    if (found.length > 0) total += await act(found)
    return found.length
  })
  return total
}
