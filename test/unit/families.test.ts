import { expect, test } from 'vitest'
import { families } from '../../src/families.ts'
import { coreRefusals } from '../../src/refusal.ts'
import { refusals } from '../../src/refusals.ts'

const declared = import.meta.glob<Record<string, { kind: string }>>('../../src/*/*.family.ts', { eager: true })

test('every family that is declared is listed, once', () => {
  const kinds = Object.values(declared).flatMap((one) => Object.values(one).map(({ kind }) => kind))
  const listed = families.map(({ kind }) => kind)
  expect(listed).toEqual(expect.arrayContaining(kinds))
  expect(new Set(listed).size).toBe(listed.length)
})

test('no two families share a kind, the form of an id, an id prefix, an event, a section of the reference, a job or a refusal', () => {
  for (const all of [
    families.map(({ kind }): string => kind),
    families.map(({ approvalId }): string => approvalId),
    families.flatMap(({ idPrefixes }): readonly string[] => idPrefixes),
    families.flatMap(({ events }): readonly string[] => events),
    families.flatMap(({ tags }) => Object.keys(tags)),
    families.flatMap(({ jobs }) => Object.keys(jobs)),
    [coreRefusals, ...families.map((family) => family.refusals)].flatMap((some) => Object.keys(some)),
  ]) {
    expect(all.toSorted()).toEqual([...new Set(all)].toSorted())
  }
})

const declaredRefusals = import.meta.glob<Record<string, object>>('../../src/*/*.refusals.ts', { eager: true })

test('every refusal that a room declares is explained', () => {
  const codes = Object.values(declaredRefusals).flatMap((one) =>
    Object.values(one).flatMap((some) => Object.keys(some)),
  )
  expect(codes.length).toBeGreaterThan(15)
  expect(Object.keys(refusals)).toEqual(expect.arrayContaining(codes))
})

const linesOf = (files: Record<string, string>) =>
  Object.values(files).flatMap((text) => text.trimEnd().split('\n')).length

test('a family takes fewer than 150 lines, a standard one fewer than 75', () => {
  const own = import.meta.glob<string>('../made-up-family/*', { query: '?raw', import: 'default', eager: true })
  expect(linesOf(own)).toBeGreaterThan(100)
  expect(linesOf(own)).toBeLessThan(150)
  const standard = import.meta.glob<string>('../made-up-standard-family/*', {
    query: '?raw',
    import: 'default',
    eager: true,
  })
  expect(linesOf(standard)).toBeGreaterThan(50)
  expect(linesOf(standard)).toBeLessThan(75)
})
