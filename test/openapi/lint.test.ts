import { join } from 'node:path'
import { lintFromString, loadConfig } from '@redocly/openapi-core'
import spectral from '@stoplight/spectral-core'
import { expect, inject, test } from 'vitest'
import { document } from './document.ts'
import ruleset from './.spectral.ts'

const text = JSON.stringify(document, null, 2)
/** Where in the document, so that a failure says more than a line. */
const place = (path: readonly PropertyKey[]) => path.map(String).join('/')

test('redocly finds nothing, by its recommended rules', async () => {
  const config = await loadConfig({ configPath: join(import.meta.dirname, 'redocly.yaml') })
  const problems = await lintFromString({ source: text, absoluteRef: 'openapi.json', config })
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([])
})

// Takes twelve seconds of a core.
test.runIf(inject('isLong'))('spectral finds nothing, by spectral:oas', async () => {
  const linter = new spectral.Spectral()
  linter.setRuleset(ruleset)
  const problems = await linter.run(document)
  expect(problems.map(({ code, message, path }) => [code, message, place(path)])).toEqual([])
})
