import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { atExit, temporaryFolder } from './temporary.ts'

/** A PostgreSQL of its own, which nobody else speaks to. */
export interface Cluster {
  /** For a client's environment: it listens on a Unix socket alone, which costs it less than TCP. */
  env: { PGHOST: string; PGUSER: string; PGDATABASE: string }
  /** The postmaster's; what serves a connection is a child of it. */
  pid: number
  version: string
  /** Runs SQL, in a transaction for each statement. @returns the rows as CSV */
  sql(text: string): string
  stop(): void
}

/** Room for all of its tables, and commits that last, as they do unless somebody says otherwise. */
const settings = {
  listen_addresses: '',
  shared_buffers: '1GB',
  max_wal_size: '4GB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
}

/** Where its programs are: in `PG_BIN`, on the path, or where Debian keeps them. */
function programs(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : []
  const { PG_BIN, PATH = '' } = process.env
  const folders = [
    ...(PG_BIN ? [PG_BIN] : []),
    ...versions.map((one) => join(debian, one, 'bin')),
    ...PATH.split(delimiter),
  ]
  return folders.find((folder) =>
    ['initdb', 'postgres', 'pg_ctl', 'psql'].every((name) => existsSync(join(folder, name))),
  )
}

/** It does not run as root: there, as the user that its package has made. */
function owner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

/** Starts one in a folder that goes with it. @returns undefined where there is none on this machine */
export async function startPostgres(): Promise<Cluster | undefined> {
  const bin = programs()
  if (bin === undefined) return undefined
  const folder = temporaryFolder()
  const as = owner()
  if (as) chownSync(folder, as.uid, as.gid)
  const data = join(folder, 'data')
  mkdirSync(data)
  if (as) chownSync(data, as.uid, as.gid)
  const run = (name: string, args: string[], input?: string) =>
    execFileSync(join(bin, name), args, {
      ...as,
      cwd: folder,
      encoding: 'utf8',
      input,
      stdio: ['pipe', 'pipe', 'pipe'],
    })

  run('initdb', ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-instructions'])
  const set = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(join(bin, 'postgres'), ['-D', data, '-k', folder, ...set], {
    ...as,
    cwd: folder,
    stdio: 'ignore',
  })
  const stop = () => {
    if (child.exitCode === null)
      spawnSync(join(bin, 'pg_ctl'), ['stop', '-D', data, '-m', 'immediate', '-w'], { ...as, cwd: folder })
  }
  atExit(stop)
  const env = { PGHOST: folder, PGUSER: 'bench', PGDATABASE: 'postgres' }
  const server = ['-h', folder, '-U', 'bench', '-d', 'postgres']
  for (let tries = 0; spawnSync(join(bin, 'psql'), [...server, '-c', 'SELECT 1']).status !== 0; tries += 1) {
    if (child.exitCode !== null || tries === 100) throw new Error('PostgreSQL did not start.')
    await sleep(100)
  }
  const sql = (text: string) => run('psql', [...server, '-qAt', '--csv', '-v', 'ON_ERROR_STOP=1'], text).trim()
  return { env, pid: child.pid!, version: sql('SHOW server_version'), sql, stop }
}
