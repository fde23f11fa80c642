import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'

/** A delivery that has arrived, its signature verified. */
export interface Arrival {
  id: string
  body: any
}

/** A receiver on this machine, as somebody would write one. */
export interface RealReceiver {
  url: string
  /** With what it verifies; set once the endpoint is registered. */
  secret: string
  arrivals: Arrival[]
  /** What it answers: a status, null for no answer at all. Asked after the arrival is noted. */
  answer: (arrival: Arrival, request: IncomingMessage) => number | null | Promise<number | null>
  close(): Promise<void>
}

export async function startReceiver(): Promise<RealReceiver> {
  const receiver: RealReceiver = {
    url: '',
    secret: '',
    arrivals: [],
    answer: () => 204,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  const server = createServer(async (request, response) => {
    try {
      const body = await text(request)
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      new Webhook(receiver.secret).verify(body, headers)
      const arrival = { id: headers['webhook-id']!, body: JSON.parse(body) as unknown }
      receiver.arrivals.push(arrival)
      const status = await receiver.answer(arrival, request)
      if (status !== null) response.writeHead(status).end()
    } catch (error) {
      response.writeHead(400).end(String(error))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`
  return receiver
}
