import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'

/** What becomes of a request that has arrived. */
type Deliver = (url: string, init: RequestInit) => Promise<Response>

let listening: Promise<string> | undefined

/** Where requests are handed to `deliver`: an address of this machine, with a server that is started once. */
export function receivingAddress(deliver: Deliver): Promise<string> {
  listening ??= listen(deliver)
  return listening
}

async function listen(deliver: Deliver): Promise<string> {
  const server = createServer(async (request, response) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    try {
      const url = `http://${request.headers.host}${request.url}`
      const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)])
      const answer = await deliver(url, { headers, body: await text(request), signal: gone.signal })
      response.writeHead(answer.status, [...answer.headers].flat())
      // As fast as the other side takes it: what has no end must leave the event loop to the rest.
      if (answer.body) await pipeline(answer.body, response)
      else response.end()
    } catch {
      request.socket.destroy()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
