import { Promises, type OpenApi } from '../support/promises.ts'

/** What the server's own document promises. */
export async function readPromises(origin: string): Promise<Promises> {
  return new Promises((await (await fetch(`${origin}/openapi.json`)).json()) as OpenApi)
}
