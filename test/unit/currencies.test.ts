import { code, codes } from 'currency-codes'
import { expect, test } from 'vitest'
import { currencies, decimalsOf } from '../../src/currencies.ts'
import { money } from '../../src/desk/parts.tsx'

test('the currencies are those of ISO 4217', () => {
  const listed = codes().filter((code) => !['XXX', 'XTS'].includes(code))
  expect([...currencies].toSorted()).toEqual([...listed, 'XCG'].toSorted())
})

/** Metals, bonds and units of account, which have no minor unit: the package calls that 0. */
const withoutMinor = ['XAG', 'XAU', 'XBA', 'XBB', 'XBC', 'XBD', 'XDR', 'XPD', 'XPT', 'XSU', 'XUA']

test('an amount has the decimals of ISO 4217, not those that people write', () => {
  const listed = [...currencies].filter((one) => one !== 'XCG' && !withoutMinor.includes(one))
  expect(listed.map((one) => [one, decimalsOf(one)])).toEqual(listed.map((one) => [one, code(one)!.digits]))
  expect(['XCG', ...withoutMinor].map(decimalsOf)).toEqual(Array.from({ length: 12 }, () => 2))
})

test.each([
  [145_000, 'HUF', '1,450.00 HUF'],
  [145_000, 'IQD', '145.000 IQD'],
  [145_000, 'JPY', '145,000 JPY'],
  [145_000, 'CLF', '14.5000 CLF'],
  [5, 'IDR', '0.05 IDR'],
  [0, 'EUR', '0.00 EUR'],
])('%d minor units of %s are %s', (amount, currency, shown) => expect(money(amount, currency)).toBe(shown))
