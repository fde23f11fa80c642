// Copies what the docs page needs to where the Worker serves it from, so that it loads nothing from another host.
import { copyFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
const target = join(root, 'dist/public/docs/assets')

mkdirSync(target, { recursive: true })
for (const file of ['swagger-ui-bundle.js', 'swagger-ui.css']) copyFileSync(join(swagger, file), join(target, file))
for (const file of ['reference.js', 'page.css']) copyFileSync(join(root, 'src/http/docs', file), join(target, file))
