import { expect, test } from 'vitest'
import { eventTypes } from '../../src/webhooks/event-types.ts'

const pages = import.meta.glob<string>('../../docs/*.md', { query: '?raw', import: 'default', eager: true })

test('docs/webhooks.md lists every type of event, and no other', () => {
  const [, types = ''] = /## Types\n([\s\S]*?)An endpoint takes/.exec(pages['../../docs/webhooks.md']!) ?? []
  expect([...types.matchAll(/`([\w.]+)`/g)].map(([, type]) => type).toSorted()).toEqual([...eventTypes].toSorted())
})
