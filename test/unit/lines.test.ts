import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** The formatter sees to the code. */
test('no comment is wider than 120 columns', () => {
  const files = globSync('{src,test,scripts,bench,client,examples}/**/*.{ts,tsx}', {
    exclude: ['**/node_modules/**', 'client/{src/generated,dist}/**'],
  })
  expect(files.length).toBeGreaterThan(500)
  const wide = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line, index) => ({ at: `${file}:${index + 1}`, line }))
      .filter(({ line }) => line.length > 120 && /^\s*(\*|\/\*|\/\/)/.test(line)),
  )
  expect(wide.map(({ at }) => at)).toEqual([])
})
