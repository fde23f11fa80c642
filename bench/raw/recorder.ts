import product from '../../src/index.ts'
import type { Recorded, Transaction } from './template.ts'

/*
 * The product, with a D1 that notes what it sends. GET /recorded tells the transactions since the last time.
 */

const transactions: Transaction[] = []

type Noted = D1PreparedStatement & { recorded: Recorded }

function noting(statement: D1PreparedStatement, text: string): D1PreparedStatement {
  const bind = (...values: unknown[]): D1PreparedStatement =>
    Object.assign(statement.bind(...values), { recorded: { text, values } })
  return Object.assign(Object.create(statement) as D1PreparedStatement, { bind, recorded: { text, values: [] } })
}

function recording(d1: D1Database): D1Database {
  const withSession = (start = 'first-unconstrained'): D1DatabaseSession => {
    const session = d1.withSession(start)
    return {
      prepare: (text) => noting(session.prepare(text), text),
      batch: (statements) => {
        transactions.push({ start, statements: (statements as Noted[]).map(({ recorded }) => recorded) })
        return session.batch(statements)
      },
      getBookmark: () => session.getBookmark(),
    } as D1DatabaseSession
  }
  return { withSession } as D1Database
}

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname === '/recorded') return Response.json(transactions.splice(0))
    return product.fetch(request, { ...env, DB: recording(env.DB) }, ctx)
  },
} satisfies ExportedHandler<Env>
