import product from '../src/index.ts'
import { WebhookSender as ProductsSender } from '../src/objects/webhook-sender.ts'

export { BatchRunner, DecisionWatch, HistorySealer } from '../src/index.ts'

/*
 * The product, with a D1 that is `D1_MS` further away from the senders of webhooks with each round trip. POST /bare has
 * an object of theirs that knows nothing send something in a loop: the limit.
 */

type FarEnv = Env & { D1_MS: string }

/** What is sent in a loop, how often, and where to. */
export interface Bare {
  url: string
  count: number
  headers: [name: string, value: string][]
  body: string
}

function far(d1: D1Database, ms: number): D1Database {
  const withSession = (...start: Parameters<D1Database['withSession']>): D1DatabaseSession => {
    const session = d1.withSession(...start)
    return {
      prepare: (text) => session.prepare(text),
      async batch(statements) {
        if (ms > 0) await new Promise((done) => setTimeout(done, ms))
        return session.batch(statements)
      },
      getBookmark: () => session.getBookmark(),
    } as D1DatabaseSession
  }
  return { withSession } as D1Database
}

export class WebhookSender extends ProductsSender {
  constructor(ctx: DurableObjectState, env: FarEnv) {
    super(ctx, { ...env, DB: far(env.DB, Number(env.D1_MS)) })
  }

  override async fetch(request: Request): Promise<Response> {
    const { url, count, headers, body } = await request.json<Bare>()
    for (let sent = 0; sent < count; sent += 1) {
      const { status } = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' })
      if (status !== 204) throw new Error(`The receiver has answered ${status}.`)
    }
    return new Response(null, { status: 201 })
  }
}

export default {
  ...product,
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname === '/bare') return env.WEBHOOK_SENDER.getByName('bare').fetch(request)
    return product.fetch(request, env, ctx)
  },
} satisfies ExportedHandler<Env>
