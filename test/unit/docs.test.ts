import { expect, test } from 'vitest'
import { eventTypes } from '../../src/webhooks/event-types.ts'

const pages = import.meta.glob<string>('../../docs/*.md', { query: '?raw', import: 'default', eager: true })

test('docs/webhooks.md lists every type of event, and no other', () => {
  const [, types = ''] = /## Types\n([\s\S]*?)An endpoint takes/.exec(pages['../../docs/webhooks.md']!) ?? []
  expect([...types.matchAll(/`([\w.]+)`/g)].map(([, type]) => type).toSorted()).toEqual([...eventTypes].toSorted())
})

const purchases = import.meta.glob<string>('../made-up-standard-family/*', {
  query: '?raw',
  import: 'default',
  eager: true,
})

test('docs/families.md makes the standard family that the tests make', () => {
  const code = [...pages['../../docs/families.md']!.matchAll(/```(?:ts|sql)\n([\s\S]*?)```/g)].map(([, text]) => text!)
  const made = Object.values(purchases).map((text) =>
    text
      .replaceAll("'../../src/", "'../")
      .replace(': a standard family like any other, but made up', '')
      .replace('A standard family made up for the tests: things', 'Purchases: things'),
  )
  expect(code.toSorted()).toEqual(made.toSorted())
})
