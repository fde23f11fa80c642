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
