import { Webhook } from 'standardwebhooks'
import { vi } from 'vitest'
import { inPlaceOf } from './outside.ts'
import { overSocket } from './over-socket.ts'
import type { Tenant } from './tenant.ts'

/** A delivery as a receiver gets it, its signature verified as a receiver would. */
export interface Received {
  id: string
  timestamp: number
  signatures: string[]
  body: any
}

/** How a receiver answers; a 204 unless it says otherwise. */
export type Answering = (received: Received, signal: AbortSignal) => Response | void | Promise<Response | void>

/** An endpoint of the tenant's, and the receiver behind it. */
export interface Receiver {
  id: string
  url: string
  secret: string
  /** What has arrived, in order. */
  received: Received[]
  answer: Answering
}

const receivers = new Map<string, Receiver>()

/** Registers an endpoint through the API, with a receiver on the other side of the wire. */
export async function newReceiver(tenant: Tenant, body: object = {}, answer: Answering = () => {}): Promise<Receiver> {
  const url = await newAddress()
  const made = await tenant.as('admin')('/v1/webhook-endpoints', { method: 'POST', body: { url, ...body } })
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  const receiver: Receiver = { id: made.body.id, url, secret: made.body.secret, received: [], answer }
  receivers.set(url, receiver)
  return receiver
}

/** From inside the Worker its own fetch is caught; over a connection there is a real server to send to. */
async function newAddress(): Promise<string> {
  const name = `r${crypto.randomUUID().slice(0, 8)}`
  if (overSocket) {
    const { receivingAddress } = await import('./socket/receiving.ts')
    return `${await receivingAddress(deliver)}/${name}`
  }
  inPlaceOf(`${name}.example.com`, deliver)
  return `https://${name}.example.com/hook`
}

async function deliver(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const receiver = receivers.get(String(input))
  if (!receiver) return new Response(null, { status: 404 })
  const headers = Object.fromEntries(new Headers(init?.headers as HeadersInit))
  const body = new Webhook(receiver.secret).verify(String(init?.body), headers)
  const received = {
    id: headers['webhook-id']!,
    timestamp: Number(headers['webhook-timestamp']),
    signatures: headers['webhook-signature']!.split(' '),
    body,
  }
  receiver.received.push(received)
  return (await receiver.answer(received, init!.signal as AbortSignal)) ?? new Response(null, { status: 204 })
}

/** Waits until so many deliveries have arrived; all of them. */
export async function arrived(receiver: Receiver, count: number): Promise<Received[]> {
  await vi.waitFor(
    () => {
      if (receiver.received.length < count) throw new Error(`${receiver.received.length} of ${count} have arrived`)
    },
    { timeout: 50_000, interval: 5 },
  )
  return receiver.received
}

/** Waits until the log of the endpoint's deliveries, newest first, is as the test wants it. */
export function logged(tenant: Tenant, receiver: Pick<Receiver, 'id'>, fits: (log: any[]) => boolean): Promise<any[]> {
  return vi.waitFor(
    async () => {
      const { body } = await tenant.as('admin')(`/v1/webhook-endpoints/${receiver.id}/deliveries?limit=100`)
      if (!fits(body.data)) throw new Error(JSON.stringify(body.data).slice(0, 1000))
      return body.data
    },
    { timeout: 20_000, interval: 10 },
  )
}
