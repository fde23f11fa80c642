import { expect } from 'vitest'
import { exports } from 'cloudflare:workers'
import type { Role } from '../../src/context.ts'
import { trustedMs, type Tenant } from './tenant.ts'

/** A page, or where it leads. */
export interface Page {
  status: number
  headers: Headers
  body: string
  cost: { queries: number; rowsRead: number }
}

/** A browser without JavaScript, in which somebody is signed in. */
export interface Browser {
  get(path: string): Promise<Page>
  /** Sends a form with the session's token, unless the fields have another. */
  post(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Page>
}

const origin = 'https://countersign.test'

/** What answers. */
type Service = { fetch(request: Request): Response | Promise<Response> }

/** Sends a form as a browser does. */
export function form(
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
  service?: Service,
) {
  const body = new URLSearchParams(fields)
  return visit(path, { method: 'POST', body, headers: { Origin: origin, ...headers } }, service)
}

/** Signs somebody in. @param isKey whether `name` is a key, not the name of somebody with that role */
export async function browserOf(tenant: Tenant, name: string, isKey = false): Promise<Browser> {
  const key = isKey ? name : await tenant.key(name, [name as Role])
  const { status, headers } = await form('/sign-in', { key, next: '/' })
  expect(status).toBe(303)
  const Cookie = cookieFrom(headers)
  const token = /name="token" value="(\w+)"/.exec((await visit('/', { headers: { Cookie } })).body)?.[1] ?? ''
  const since = Date.now()
  return {
    async get(path) {
      // So that it costs what it does with a known session.
      if (Date.now() - since > trustedMs) await visit('/', { headers: { Cookie } })
      return visit(path, { headers: { Cookie } })
    },
    post: (path, fields, more) => form(path, { token, ...fields }, { Cookie, ...more }),
  }
}

/** The cookie that an answer sets, as it is sent back. */
export function cookieFrom(headers: Headers): string {
  return headers.get('Set-Cookie')!.split(';')[0]!
}

/** Asks for a page, and follows no redirect. */
export async function visit(path: string, init: RequestInit = {}, service: Service = exports.default): Promise<Page> {
  const answer = await service.fetch(new Request(origin + path, { redirect: 'manual', ...init }))
  const count = (unit: string) =>
    Number(new RegExp(`\\b(\\d+)${unit}`).exec(answer.headers.get('Server-Timing') ?? '')?.[1])
  const cost = { queries: count('q'), rowsRead: count('r') }
  return { status: answer.status, headers: answer.headers, body: await answer.text(), cost }
}
