import { codes } from 'currency-codes'
import { expect, test } from 'vitest'
import { currencies } from '../../src/currencies.ts'

test('the currencies are those of ISO 4217', () => {
  const listed = codes().filter((code) => !['XXX', 'XTS'].includes(code))
  expect([...currencies].toSorted()).toEqual([...listed, 'XCG'].toSorted())
})
