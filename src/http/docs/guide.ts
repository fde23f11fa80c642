import { html } from 'hono/html'
import type { OpenApiDocument } from '../load-document.ts'

/** A piece of a page. */
export type Html = ReturnType<typeof html>

/** A page of prose beside the reference. */
export interface ProsePage {
  slug: string
  title: string
  /** One sentence under the title. */
  lead: string
  body(guide: Guide): Html
}

/** What a page may show of the service. It is read from what runs, so that it stays true. */
export interface Guide {
  /** Where the reader reaches the service, for commands to paste. */
  origin: string
  operations: readonly Operation[]
  /** What webhooks tell of. */
  eventTypes: readonly string[]
  /** `METHOD /path`, linked to its place in the reference. @throws Error where there is no such operation */
  op(operationId: string): Html
}

/** An operation as the OpenAPI document declares it. */
export interface Operation {
  operationId: string
  method: string
  path: string
  tags: string[]
  summary: string
  'x-roles'?: string[]
}

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const

/** The guide to what the document describes. */
export function guideTo(document: OpenApiDocument, origin: string): Guide {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    methods.flatMap((method) =>
      item[method] ? [{ ...(item[method] as Omit<Operation, 'method' | 'path'>), method, path }] : [],
    ),
  )
  const event = document.components?.schemas?.WebhookEvent as { properties: { type: { enum: string[] } } }
  return {
    origin,
    operations,
    eventTypes: event.properties.type.enum,
    op(operationId) {
      const found = operations.find((one) => one.operationId === operationId)
      if (!found) throw new Error(`The docs speak of ${operationId}, which is no operation.`)
      return html`<a class="op" href="${inReference(found)}"
        ><code><b>${found.method.toUpperCase()}</b> ${found.path}</code></a
      >`
    },
  }
}

/** The address of an operation in the reference. */
export function inReference({ tags: [tag = ''], operationId }: Operation): string {
  return `/docs#/${encodeURIComponent(tag)}/${operationId}`
}
