import { Validator } from '@cfworker/json-schema'
import { exports } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { loadDemo } from '../support/demo.ts'
import { overSocket } from '../support/over-socket.ts'
import { openApi, operations, schemasAlone } from '../support/promised.ts'
import { trials } from '../support/try-out.ts'

/*
 * The examples of the document: those of requests, sent to the demo data; those of answers, held against their schemas.
 */

const all = await operations()
const components = await schemasAlone()
const document = await openApi()

beforeAll(loadDemo)

// They use the demo data up; test/process/try-out.test.ts has a server of its own for them.
test.skipIf(overSocket).each(trials(document, (request) => exports.default.fetch(request)))(
  '$operationId works as it is filled in',
  ({ run }) => run(),
)

test.each(all)(
  '$operationId: each good answer, and the body, has an example that fits',
  ({ responses, requestBody }) => {
    const good = Object.entries(responses).filter(([status]) => status.startsWith('2'))
    const contents = [...good.flatMap(([, { content = {} }]) => Object.entries(content)), ...bodies(requestBody)]
    expect(contents.length).toBeGreaterThan(0)
    for (const [type, { schema, example }] of contents as [string, any][]) {
      expect(example, type).toBeDefined()
      const { errors } = new Validator({ ...schema, components } as never, '2020-12', false).validate(example)
      expect(errors).toEqual([])
    }
  },
)

function bodies(requestBody: { content: object } | undefined): [string, unknown][] {
  return Object.entries(requestBody?.content ?? {})
}
