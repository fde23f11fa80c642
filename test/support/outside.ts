import { vi } from 'vitest'

/** What is sent out, as it leaves the Worker. */
type Answer = typeof globalThis.fetch

const real = globalThis.fetch
const answers = new Map<string, Answer>()

/** From here on the Worker's fetch to this host is answered so; what goes elsewhere in example.com is not found. */
export function inPlaceOf(host: string, answer: Answer): void {
  answers.set(host, answer)
  if (!vi.isMockFunction(globalThis.fetch)) vi.spyOn(globalThis, 'fetch').mockImplementation(outside)
}

async function outside(...[input, init]: Parameters<Answer>): Promise<Response> {
  const { host } = new URL(input instanceof Request ? input.url : String(input))
  const answer = answers.get(host) ?? (host.endsWith('example.com') ? notFound : real)
  return answer(input, init)
}

const notFound: Answer = async () => new Response(null, { status: 404 })
