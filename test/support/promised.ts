import { exports } from 'cloudflare:workers'
import { Promises, type OpenApi, type PromisedOperation } from './promises.ts'

export type { OpenApi } from './promises.ts'

/* Read once for a file of tests: each answer is held against it. */
let document: Promise<OpenApi> | undefined
let promises: Promise<Promises> | undefined

export function openApi(): Promise<OpenApi> {
  document ??= exports.default
    .fetch('https://countersign.test/openapi.json')
    .then((answer) => answer.json() as Promise<OpenApi>)
  return document
}

function read(): Promise<Promises> {
  promises ??= openApi().then((whole) => new Promises(whole))
  return promises
}

/** The document's components without their examples, in which a validator would look for schemas. */
export async function schemasAlone(): Promise<OpenApi['components']> {
  return (await read()).components
}

/** Every operation of the document. */
export async function operations(): Promise<readonly PromisedOperation[]> {
  return (await read()).operations
}

/** Throws unless the OpenAPI document promises this answer: its operation, its status, its media type, its shape. */
export async function promised(method: string, pathname: string, response: Response, body: unknown): Promise<void> {
  ;(await read()).hold(method, pathname, response, body)
}
