import { filled, type Template } from './template.ts'

/*
 * The limit: the statements of an operation in one `batch`, and nothing else. PUT /<operation> brings what to run; a
 * call of /<operation>/<id> runs it, with the members of its body. It knows no keys, checks no input, sets no headers.
 */

interface Operation {
  template: Template
  status: number
}

const operations = new Map<string, Operation>()

export default {
  async fetch(request, env) {
    const [, , , , name = '', id = ''] = /^([a-z]+):\/\/([^/]+)(\/)([^/?]+)\/?([^/?]*)/.exec(request.url) ?? []
    if (request.method === 'PUT') {
      operations.set(name, await request.json())
      return new Response(null, { status: 204 })
    }
    const operation = operations.get(name)
    if (!operation) return new Response(null, { status: 404 })
    const { template, status } = operation
    const body = request.method === 'GET' ? {} : await request.json<object>()
    const call = { given: { id, ...body }, now: Date.now(), randoms: [] }
    const session = env.DB.withSession(template.start)
    const results = await session.batch(
      template.statements.map(({ text, values }) =>
        session.prepare(text).bind(...values.map((value) => filled(value, call))),
      ),
    )
    const rows = results.flatMap(({ results }) => (results.length > 0 ? [results] : []))
    return Response.json(rows.length > 0 ? rows : { id: call.randoms[0], ...body }, { status })
  },
} satisfies ExportedHandler<Env>
