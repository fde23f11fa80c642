import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { V4WorkerOptionsShape } from 'miniflare'
import { parse } from 'smol-toml'

/** What wrangler.toml says of the Worker, as far as it matters to a local server. */
interface WranglerToml {
  name: string
  compatibility_date: string
  compatibility_flags?: string[]
  vars?: Record<string, string>
  triggers?: { crons?: string[] }
  assets?: { directory: string; binding?: string }
  d1_databases?: { binding: string; database_id: string; migrations_dir: string }[]
  durable_objects?: { bindings: { name: string; class_name: string }[] }
  ratelimits?: { name: string; namespace_id: string; simple: { limit: number; period: 10 | 60 } }[]
}

/** What is read here. */
const read = 'name vars compatibility_date compatibility_flags triggers assets'.split(' ')
const bindings = ['d1_databases', 'durable_objects', 'ratelimits']
/** What means nothing on this machine. */
const passed = 'build main no_bundle rules migrations send_metrics workers_dev observability routes account_id'.split(
  ' ',
)

/**
 * Reads wrangler.toml. Wrangler's own reader takes longer than everything else at start-up; this one refuses what it
 * does not know, so that nothing is left out unseen.
 *
 * @param root the folder that it is in
 */
export function readWorkerConfig(root: string): WranglerToml {
  const config = parse(readFileSync(join(root, 'wrangler.toml'), 'utf8')) as unknown as WranglerToml
  const known = new Set([read, bindings, passed].flat())
  const strange = Object.keys(config).filter((name) => !known.has(name))
  if (strange.length > 0) {
    throw new Error(`scripts/worker-config.ts does not know what to do with ${strange.join(', ')} of wrangler.toml.`)
  }
  return config
}

/** The Worker's bindings and settings for Miniflare, without its code. */
export function workerOptions(config: WranglerToml, root: string, vars: Record<string, string>): V4WorkerOptionsShape {
  const { compatibility_date: compatibilityDate, compatibility_flags: compatibilityFlags = [] } = config
  const from = <T, V>(list: T[] | undefined, entry: (one: T) => [string, V]) =>
    Object.fromEntries((list ?? []).map(entry))
  return {
    name: config.name,
    compatibilityDate,
    compatibilityFlags,
    bindings: { ...config.vars, ...vars },
    d1Databases: from(config.d1_databases, (one) => [one.binding, { id: one.database_id }]),
    durableObjects: from(config.durable_objects?.bindings, (one) => [
      one.name,
      { className: one.class_name, useSQLite: true },
    ]),
    ratelimits: from(config.ratelimits, ({ name, ...one }) => [name, one]),
    ...(config.assets && {
      assets: {
        directory: join(root, config.assets.directory),
        binding: config.assets.binding,
        routerConfig: { has_user_worker: true },
      },
    }),
  }
}
