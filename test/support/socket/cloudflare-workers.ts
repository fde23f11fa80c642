// Stands for `cloudflare:workers` where tests run in Node: the bindings are those of a local server, and a fetch goes
// to it over a real connection.
import { oneServer } from './one-server.ts'

const server = await oneServer()

export const env = await server.bindings()

export const exports = {
  default: {
    fetch(input: Request | string, init?: RequestInit): Promise<Response> {
      const request = new Request(input, init)
      const { origin, pathname, search } = new URL(request.url)
      // What comes from one of our own pages still does, at the server's real address.
      if (request.headers.get('Origin') === origin) request.headers.set('Origin', server.origin)
      const sent = { redirect: 'manual', ...(request.body && { duplex: 'half' }) } as RequestInit
      return fetch(new Request(server.origin + pathname + search, request), sent)
    },
  },
}

/** What the Worker's own objects extend; here nobody makes one. */
export class DurableObject {
  constructor(
    readonly ctx: unknown,
    readonly env: unknown,
  ) {}
}
