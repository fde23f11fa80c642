import { expect, test } from 'vitest'
import { notNamedIn } from '../../src/http/faults.ts'
import type { Fault } from '../../src/refusal.ts'

const at = (pointer: string, part: Fault['in'] = 'body'): Fault => ({ in: part, pointer, message: 'is wrong' })

test('what is within something that is at fault already is not told again', () => {
  const faults = [at('/claims/1'), at('/name'), at('', 'body'), at('/id', 'path')]
  const further = ['/claims/1', '/claims/1/external_ref', '/claims/10', '/claims', '/names', '/id'].map((one) =>
    at(one),
  )
  expect(notNamedIn(faults, further).map(({ pointer }) => pointer)).toEqual(['/claims/10', '/claims', '/names', '/id'])
})

test('many faults beside many further ones are each looked at once', () => {
  let looks = 0
  const counted = (pointer: string) => ({
    ...at(pointer),
    get pointer() {
      looks += 1
      return pointer
    },
  })
  const many = (name: string) => Array.from({ length: 1_000 }, (_, n) => counted(`/claims/${n}/${name}`))
  expect(notNamedIn(many('amount'), many('external_ref'))).toHaveLength(1_000)
  expect(looks).toBe(2_000)
})
