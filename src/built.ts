/**
 * Reads what was made when the Worker was built and is kept beside it as an asset.
 *
 * @param name a file that scripts/assets.ts has written
 */
export async function readBuilt<T>(env: Env, name: string): Promise<T> {
  const answer = await env.ASSETS.fetch(`https://assets.local/docs/assets/${name}`)
  if (!answer.ok)
    throw new Error(`The asset ${name} answered ${answer.status}: run scripts/assets.ts, and deploy again.`)
  return answer.json<T>()
}
