import { env } from 'cloudflare:workers'
import { demoData } from '../../scripts/demo-data.ts'
import { demoTenant, type Demo } from '../../src/approvals/approvals.demo.ts'
import { families } from '../../src/families.ts'
import { sealed } from './sealed.ts'
import { send, type Caller } from './tenant.ts'

const found = import.meta.glob<{ demo?: Demo }>(['../../src/*/*.demo.ts', '../made-up-*family/*.demo.ts'], {
  eager: true,
})

/** The demo data of every family that is listed. */
const demos = families.map(({ kind }) => {
  const demo = Object.values(found).find((file) => file.demo?.kind === kind)?.demo
  if (!demo) throw new Error(`The family ${kind} has no demo data: give it an x.demo.ts.`)
  return demo
})

/** Loads the demo data, as `npm start` does. */
export async function loadDemo(): Promise<void> {
  await env.DB.batch((await demoData(demos, Date.now())).map((statement) => env.DB.prepare(statement)))
  await sealed(demoTenant)
}

/** Calls with a key of the demo data. */
export function withKey(secret: string): Caller {
  return (path, call) => send(path, { ...call, headers: { Authorization: `Bearer ${secret}`, ...call?.headers } })
}

/** The members of an answer, and those of its first element where a member is a list: what a printed example shows. */
export function members(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(members)
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, members(member)]))
}
