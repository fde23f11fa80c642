import { expect, test } from 'vitest'
import { personId, userId } from '../../src/user-id.schemas.ts'

test.each(['usr_ada', 'Ada Lovelace', 'systematic', 'my-system:x', 'Åsa', '人'])('%j may be named', (name) => {
  expect(userId.parse(name)).toBe(name)
})

test('blanks around a name are no part of it', () => {
  expect(userId.parse('  usr_ada\t')).toBe('usr_ada')
})

test.each([
  'system:expiry',
  ' system:expiry',
  '\u00a0system:expiry',
  'SYSTEM:expiry',
  'System:',
  'sy stem:expiry',
  'system :expiry',
  'ｓystem：expiry',
  '\u200bsystem:expiry',
  'sys\u00adtem:expiry',
  'usr_ada\u200b',
  '\ufe0fsystem:expiry',
  'sys\u115ftem:expiry',
  '\u2800system:expiry',
  'usr_ada\u3164',
  'usr_\u0000ada',
  '',
  '   ',
])('%j is nobody', (name) => {
  expect(userId.safeParse(name).success).toBe(false)
  expect(personId.safeParse(name).success).toBe(false)
})

test('a user has 100 characters at the most, a person of a platform 200', () => {
  expect(userId.safeParse('a'.repeat(100)).success).toBe(true)
  expect(userId.safeParse('a'.repeat(101)).success).toBe(false)
  expect(personId.safeParse('a'.repeat(200)).success).toBe(true)
  expect(personId.safeParse('a'.repeat(201)).success).toBe(false)
})
