import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { descendants } from '../test/support/server.ts'
import { countedOf, type Counted } from './counts.ts'
import { startPostgres } from './postgres.ts'
import { keysOfTenant, tenant } from './seed.ts'
import { atExit, temporaryFolder } from './temporary.ts'

const folder = join(import.meta.dirname, 'peers')

/** A service that does the same with other means, in processes of its own. */
export interface Peer {
  name: string
  port: number
  /** The processes that serve it, its database's among them. */
  pids(): number[]
  counted(): Counted
  /** What it is made of, and which versions. */
  versions: Record<string, string>
  stop(): void
}

/** Installs what peers are made of, in a folder of its own. */
export function installPeers(): void {
  if (existsSync(join(folder, 'node_modules'))) return
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
}

/** Starts those that can be had on this machine, with so many claims, and says what others lack. */
export async function startPeers(claims: number): Promise<Peer[]> {
  if (!existsSync(join(folder, 'node_modules'))) {
    console.log('There are no peers: npm run bench -- peers installs them.')
    return []
  }
  const peers = [await startHono(claims), await startFastify(claims)]
  return peers.filter((peer) => peer !== undefined)
}

async function startFastify(claims: number): Promise<Peer | undefined> {
  const cluster = await startPostgres()
  if (!cluster) {
    console.log('Fastify is left out: there is no PostgreSQL. On Debian: apt-get install postgresql; else set PG_BIN.')
    return undefined
  }
  const first = Date.now() - claims
  const keys = keysOfTenant().map(
    ({ role, hash, person_id }) => `('${hash}', '${tenant}', '${person_id}', '{${role}}')`,
  )
  cluster.sql(readFileSync(join(folder, 'fastify-postgres/schema.sql'), 'utf8'))
  cluster.sql(`
    INSERT INTO tenants (id, name) VALUES ('${tenant}', 'Bench');
    INSERT INTO api_keys (hash, tenant_id, person_id, roles) VALUES ${keys.join(', ')};
    INSERT INTO claims (id, tenant_id, status, claimant_id, submitted_by, description, amount, currency, decided_by,
      decided_at, created_at, updated_at)
    SELECT 'clm_' || lpad(i::text, 8, '0'), '${tenant}', CASE WHEN i % 10 = 0 THEN 'approved' ELSE 'pending' END,
      'usr_' || (i % 100), 'usr_' || (i % 100), 'Train to Bern, ' || i, 4250, 'CHF',
      CASE WHEN i % 10 = 0 THEN 'usr_z' END, CASE WHEN i % 10 = 0 THEN at END, at, at
    FROM generate_series(0, ${claims - 1}) AS i, LATERAL (SELECT to_timestamp((${first} + i) / 1000.0) AS at) AS t;
    INSERT INTO tallies (tenant_id, claimant_id, pending, approved)
    SELECT tenant_id, coalesce(claimant_id, ''), count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'approved')
    FROM claims GROUP BY GROUPING SETS ((tenant_id), (tenant_id, claimant_id));
    VACUUM ANALYZE;
    CHECKPOINT;`)
  const server = await startServer('fastify-postgres', cluster.env)
  return {
    name: 'fastify-postgres',
    port: server.port,
    pids: () => [server.pid, ...descendants(cluster.pid)],
    counted: () => countedOf(cluster.sql(counting).split(',')),
    versions: { Fastify: versionOf('fastify'), pg: versionOf('pg'), PostgreSQL: cluster.version.split(' ')[0]! },
    stop() {
      server.stop()
      cluster.stop()
    },
  }
}

async function startHono(claims: number): Promise<Peer> {
  const file = join(temporaryFolder(), 'claims.db')
  const db = new DatabaseSync(file)
  const first = Date.now() - claims
  const keys = keysOfTenant().map(
    ({ role, hash, person_id }) => `('${hash}', '${tenant}', '${person_id}', '["${role}"]')`,
  )
  db.exec('PRAGMA journal_mode = WAL')
  db.exec(readFileSync(join(folder, 'hono-sqlite/schema.sql'), 'utf8'))
  db.exec(`
    BEGIN;
    INSERT INTO tenants (id, name) VALUES ('${tenant}', 'Bench');
    INSERT INTO api_keys (hash, tenant_id, person_id, roles) VALUES ${keys.join(', ')};
    WITH RECURSIVE n (i, at) AS (SELECT 0, ${first} UNION ALL SELECT i + 1, at + 1 FROM n WHERE i + 1 < ${claims})
    INSERT INTO claims (id, tenant_id, status, claimant_id, submitted_by, description, amount, currency, decided_by,
      decided_at, created_at, updated_at)
    SELECT printf('clm_%08d', i), '${tenant}', iif(i % 10, 'pending', 'approved'), 'usr_' || (i % 100), 'usr_' || (i % 100),
      'Train to Bern, ' || i, 4250, 'CHF', iif(i % 10, NULL, 'usr_z'), iif(i % 10, NULL, at), at, at FROM n;
    INSERT INTO tallies (tenant_id, claimant_id, pending, approved)
    SELECT tenant_id, claimant_id, sum(status = 'pending'), sum(status = 'approved') FROM claims GROUP BY tenant_id, claimant_id;
    INSERT INTO tallies (tenant_id, claimant_id, pending, approved)
    SELECT tenant_id, '', sum(pending), sum(approved) FROM tallies GROUP BY tenant_id;
    COMMIT;
    ANALYZE;
    PRAGMA wal_checkpoint(TRUNCATE)`)
  const server = await startServer('hono-sqlite', { DATABASE: file })
  return {
    name: 'hono-sqlite',
    port: server.port,
    pids: () => [server.pid],
    counted: () => countedOf(Object.values(db.prepare(counting).get()!)),
    versions: {
      Hono: versionOf('hono'),
      '@hono/node-server': versionOf('@hono/node-server'),
      'better-sqlite3': versionOf('better-sqlite3'),
    },
    stop() {
      server.stop()
      db.close()
    },
  }
}

/** One row, as `countedOf` reads it. */
const counting = `
  SELECT (SELECT count(*) FROM claims), (SELECT count(*) FROM claims WHERE status = 'pending'), (SELECT count(*) FROM events),
    (SELECT count(*) FROM idempotency_keys), pending + approved + rejected + withdrawn, pending
  FROM tallies WHERE tenant_id = '${tenant}' AND claimant_id = ''`

async function startServer(name: string, env: Record<string, string>) {
  const child = spawn(process.execPath, [join(folder, name, 'server.ts')], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stop = () => void child.kill('SIGKILL')
  atExit(stop)
  const port = await new Promise<number>((listening, failed) => {
    let printed = ''
    child.once('exit', () => failed(new Error(`${name} did not start.`)))
    child.stdout.on('data', (chunk) => {
      printed += String(chunk)
      const port = /listens on \S+:(\d+)/.exec(printed)?.[1]
      if (port !== undefined) listening(Number(port))
    })
  })
  return { port, pid: child.pid!, stop }
}

function versionOf(name: string): string {
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}
