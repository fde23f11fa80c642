// Puts what pages load where the Worker serves it from, so that they load nothing from another host: what the docs need
// is copied, the desk's module is bundled; and what the API says of itself, which the Worker does not make.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { keepDescriptions } from './describe-api.ts'

const root = join(import.meta.dirname, '..')
const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
const target = join(root, 'dist/public/docs/assets')

mkdirSync(target, { recursive: true })
for (const file of ['swagger-ui-bundle.js', 'swagger-ui.css']) copyFileSync(join(swagger, file), join(target, file))
for (const file of ['reference.js', 'page.css']) copyFileSync(join(root, 'src/http/docs', file), join(target, file))

const desk = join(root, 'dist/public/desk')
rmSync(desk, { recursive: true, force: true })
mkdirSync(desk, { recursive: true })
copyFileSync(join(root, 'src/desk/desk.css'), join(desk, 'desk.css'))
await build({
  entryPoints: ['desk', 'lay-out'].map((name) => join(root, `src/desk/browser/${name}.ts`)),
  outdir: desk,
  bundle: true,
  minify: true,
  format: 'esm',
  // What only some pages need is a file of its own.
  splitting: true,
  target: 'es2023',
  logLevel: 'error',
})
// What the Worker answers has these from it; what is served beside it, from this file.
writeFileSync(
  join(root, 'dist/public/_headers'),
  '/*\n  X-Content-Type-Options: nosniff\n  Strict-Transport-Security: max-age=15552000; includeSubDomains\n',
)
await keepDescriptions()
