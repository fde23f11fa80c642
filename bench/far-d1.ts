import product from '../src/index.ts'
import { WebhookSender as ProductsSender } from '../src/objects/webhook-sender.ts'

export { BatchRunner, DecisionWatch, HistorySealer } from '../src/index.ts'

/* The product, with a D1 that is `D1_MS` further away from the senders of webhooks with each round trip. */

type FarEnv = Env & { D1_MS: string }

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
}

export default product
