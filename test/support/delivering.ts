import { expect, vi } from 'vitest'
import { startReceiver, type RealReceiver } from './real-receiver.ts'
import { startServer, type Server } from './server.ts'

const endpoints = '/v1/webhook-endpoints'

/** The real server, with real receivers that are told of what happens there. */
export interface Delivering {
  server: Server
  /** As the demo tenant's admin. */
  call(path: string, method?: string, body?: object): ReturnType<Server['call']>
  /** A receiver of its own, and its endpoint. */
  register(body?: object): Promise<{ receiver: RealReceiver; id: string }>
  /** Submits so many claims together; their ids. */
  submit(count: number): Promise<string[]>
  /** What the server does by itself each minute. */
  upkeep(): Promise<Response>
  /** Ends all endpoints and receivers. */
  endAll(): Promise<void>
}

export async function startDelivering(): Promise<Delivering> {
  const server = await startServer()
  const receivers: RealReceiver[] = []
  const call: Delivering['call'] = (path, method = 'GET', body) =>
    server.call(path, { method, body, key: 'cs_demo_admin' })
  return {
    server,
    call,
    async register(body = {}) {
      const receiver = await startReceiver()
      receivers.push(receiver)
      const made = await call(endpoints, 'POST', { url: receiver.url, ...body })
      expect([made.status, made.body]).toEqual([201, expect.objectContaining({ enabled: true })])
      receiver.secret = made.body.secret
      return { receiver, id: made.body.id as string }
    },
    async submit(count) {
      const claims = Array.from({ length: count }, (_, index) => ({
        description: `${index}`,
        amount: 1,
        currency: 'EUR',
      }))
      const { body } = await call('/api/v1/claims/bulk', 'POST', { claims })
      return body.data.map((claim: { claim_id: string }) => claim.claim_id)
    },
    upkeep: () => fetch(`${server.origin}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`),
    async endAll() {
      for (const { id } of (await call(endpoints)).body.data) await call(`${endpoints}/${id}`, 'DELETE')
      for (const receiver of receivers.splice(0)) await receiver.close()
    },
  }
}

export const until = (holds: () => boolean) => vi.waitUntil(holds, { timeout: 60_000, interval: 10 })
