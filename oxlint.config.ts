import { readdirSync } from 'node:fs'
import { defineConfig, type OxlintOverride } from 'oxlint'

/*
 * Who may import whom. A file's folder says its subject and its suffix its role; each of the two forbids some imports,
 * and the file gets both lists. One override per folder and role, because of several that fit a file only the last
 * would count.
 */

/** The families of approvals: each folder that declares one. */
const families = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.family.ts'))
  .map((file) => file.split('/')[0]!)
/** And what standard ones are made of. */
const kinds = [...families, 'standard']
const doors = ['/index.ts', '/app.ts', '/objects/']

/** Imports that are forbidden, and why. */
type Pattern = { message: string } & ({ regex: string } | { group: string[] })

/** What a folder may not import from: path fragments. */
const folders: Record<string, string[]> = {
  ...Object.fromEntries(
    families.map((family) => [family, [...families.filter((other) => other !== family), 'maintenance']]),
  ),
  standard: [...families, 'maintenance'],
  webhooks: [...kinds, 'maintenance'],
  approvals: [...kinds, 'webhooks', 'maintenance', 'http', 'idempotency'],
  idempotency: [...kinds, 'webhooks', 'approvals', 'access', 'maintenance', 'http'],
  access: [...kinds, 'webhooks', 'maintenance'],
  policies: [...kinds, 'webhooks', 'maintenance'],
  db: ['maintenance', 'http'],
  http: [...kinds, 'webhooks', 'approvals', 'maintenance'],
  dashboard: [...kinds, 'webhooks', 'maintenance'],
  history: [...kinds, 'webhooks', 'maintenance'],
  'any-approval': [...kinds, 'webhooks', 'maintenance'],
  desk: [...kinds, 'webhooks', 'dashboard', 'idempotency', 'maintenance'],
  maintenance: ['http'],
  objects: ['http', 'maintenance'],
}

/** What of webhooks a family may import: the rest of them reads what the families are. */
const addressees: Pattern = {
  group: ['**/webhooks/*', '!**/webhooks/addressees.store.ts'],
  message: 'Of webhooks, a family knows addressees.store.ts.',
}

/** What of the people the core may know: what they are when it decides. */
const standing: Pattern = {
  group: ['**/access/*', '!**/access/standing.store.ts'],
  message: 'Of access, approvals/ knows standing.store.ts.',
}

/** What of the core may be used by what is no approval: its history. */
const history: Pattern = {
  group: ['**/approvals/*', '!**/approvals/history.store.ts'],
  message: 'Of approvals, access/ knows history.store.ts.',
}

const drizzle = { regex: '^drizzle-orm|/db/sql\\.ts$', message: 'SQL belongs in a .store.ts; a table in a .table.ts.' }
const hono = { regex: '^(hono|@hono)(/|$)', message: 'HTTP stays in http/ and in .routes.ts.' }
const http = { regex: '/http/', message: 'Verbs, stores and tables know no HTTP.' }
const table = { regex: '\\.table\\.ts$', message: 'Routes reach the database through a verb.' }
const local = { regex: '^\\.\\.?/', message: 'A table or a schema stands alone.' }

/** What a role may not import, by the glob of its files. The verb's comes first: it is every other file. */
const roles: Record<string, Pattern[]> = {
  '*.ts': [hono, http, drizzle],
  '*.store.ts': [hono, http],
  '*.table.ts': [hono, http, local],
  '*.schemas.ts': [http, drizzle, table, { regex: '\\.store\\.ts$', message: 'Wire shapes know no storage.' }],
  '*.routes.ts': [drizzle, table],
  '*.family.ts': [hono, drizzle, table],
  '*.tsx': [drizzle, table],
}

function restrict(files: string[], patterns: Pattern[]): OxlintOverride {
  return { files, rules: { 'no-restricted-imports': ['error', { patterns }] } }
}

const noDoors = doors.map((door) => ({
  regex: door.endsWith('/') ? door : `${door.replace('.', '\\.')}$`,
  message: 'Nobody imports a door.',
}))

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  ignorePatterns: ['client/src/generated', 'dist', '.state', 'worker-configuration.d.ts'],
  rules: {
    'no-await-in-loop': 'off',
    'import/no-cycle': 'error',
    'import/no-unassigned-import': 'off',
    'no-shadow': 'off',
    'import/no-named-as-default-member': 'off',
    'no-unused-vars': [
      'error',
      { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
    ],
    'oxc/no-map-spread': 'off',
    'unicorn/no-array-sort': 'off',
    // The wire has a member of this name, and no object with it is awaited.
    'unicorn/no-thenable': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'typescript/no-explicit-any': 'error',
  },
  overrides: [
    restrict(['src/*.ts'], []),
    ...Object.entries(folders).flatMap(([folder, forbidden]) => {
      const foreign = forbidden.map((other) => ({
        regex: `/${other}/`,
        message: `${folder}/ does not know ${other}/.`,
      }))
      const ofWebhooks = kinds.includes(folder) ? [addressees] : []
      const ofApprovals = folder === 'access' ? [history] : folder === 'approvals' ? [standing] : []
      const isRoom = folder === 'http' || folder === 'db'
      return Object.entries(roles).map(([glob, byRole]) =>
        restrict(
          [`src/${folder}/${glob}`],
          [...noDoors, ...foreign, ...ofWebhooks, ...ofApprovals, ...(isRoom ? [] : byRole)],
        ),
      )
    }),
    { files: ['test/**', 'scripts/**', 'bench/**'], rules: { 'typescript/no-explicit-any': 'off' } },
  ],
})
