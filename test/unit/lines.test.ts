import { expect, test } from 'vitest'

const files = import.meta.glob<string>(['../../{src,test,scripts,bench}/**/*.{ts,tsx}', '!**/node_modules/**'], {
  query: '?raw',
  import: 'default',
  eager: true,
})

/** The formatter sees to the code. */
test('no comment is wider than 120 columns', () => {
  const wide = Object.entries(files).flatMap(([file, text]) =>
    text
      .split('\n')
      .map((line, index) => ({ at: `${file}:${index + 1}`, line }))
      .filter(({ line }) => line.length > 120 && /^\s*(\*|\/\*|\/\/)/.test(line)),
  )
  expect(wide.map(({ at }) => at)).toEqual([])
})
