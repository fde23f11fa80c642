import { exports } from 'cloudflare:workers'

/** The Worker as something that fetches. */
export function fetchAt(input: string | Request, init?: RequestInit): Promise<Response> {
  return exports.default.fetch(new Request(input, init))
}
