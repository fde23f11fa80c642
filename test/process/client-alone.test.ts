import { expect, test } from 'vitest'
import { Countersign } from '../../client/src/index.ts'

/* `@countersign/client` without a server: what it makes of what it is given, and of answers as no service gives them. */

test.each([undefined, '', 'countersign.example', 'localhost:8787', '/api', 'ftp://countersign.example', 'https://'])(
  'a client for %j is refused at once',
  (baseUrl) => {
    const make = () => new Countersign({ baseUrl: baseUrl as string, key: 'cs_1' })
    expect(make).toThrow(TypeError)
    expect(make).toThrow('baseUrl')
  },
)

test.each([undefined, null, '', 1])('a client with the key %j is refused at once', (key) => {
  const make = () => new Countersign({ baseUrl: 'https://countersign.example', key: key as string })
  expect(make).toThrow(TypeError)
  expect(make).toThrow('key')
})
