import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { createApp } from '../../src/app.ts'

const app = createApp()

/** What a call with other bindings is answered with. */
export interface Called {
  status: number
  body: any
}

/** Calls the Worker with bindings of the caller's own, and waits for what it does beside its answer. */
export async function calling(
  env: Env,
  key: string,
  path: string,
  { method = 'GET', body, headers = {} }: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Called> {
  const request = new Request(`https://countersign.test${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const beside = createExecutionContext()
  const answer = await app.fetch(request, env, beside)
  const read = await answer.text()
  await waitOnExecutionContext(beside)
  const isJson = /json(?<!ndjson)/.test(answer.headers.get('Content-Type') ?? '')
  return { status: answer.status, body: isJson ? JSON.parse(read) : read }
}
