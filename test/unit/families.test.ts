import { expect, test } from 'vitest'
import { families } from '../../src/families.ts'

const declared = import.meta.glob<Record<string, { kind: string }>>('../../src/*/*.family.ts', { eager: true })

test('every family that is declared is listed, once', () => {
  const kinds = Object.values(declared).flatMap((one) => Object.values(one).map(({ kind }) => kind))
  expect(families.map(({ kind }) => kind).toSorted()).toEqual(kinds.toSorted())
  expect(new Set(kinds).size).toBe(kinds.length)
})

test('no two families share an id prefix, an event, a section of the reference or a job', () => {
  for (const all of [
    families.flatMap(({ idPrefixes }): readonly string[] => idPrefixes),
    families.flatMap(({ events }): readonly string[] => events),
    families.flatMap(({ tags }) => Object.keys(tags)),
    families.flatMap(({ jobs }) => Object.keys(jobs)),
  ]) {
    expect(all.toSorted()).toEqual([...new Set(all)].toSorted())
  }
})
