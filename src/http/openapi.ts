import type { OpenAPIHono } from '@hono/zod-openapi'
import { families } from '../families.ts'
import type { AppEnv } from './environment.ts'
import { showExamples } from './examples.ts'
import { problemSchema, validationErrorSchema } from './problem.schemas.ts'
import { showRefusals } from './show-refusals.ts'

const description = `Approvals that count exactly once: bulk approval of reimbursement claims, changes to stored entities that are applied
when they are approved, calls of AI agents that wait for a person, and structured results that fail their checks. Signed
webhooks tell others what happens.

Every request needs an API key, or a token from the identity provider that the operator has named, except for this document,
\`/docs\`, \`/healthz\`, \`/.well-known/jwks.json\`, \`/\` and signing in. Errors are \`application/problem+json\`
(RFC 9457) with a stable \`code\`. POSTs that create take an \`Idempotency-Key\`. Lists give a \`Link\` to their next page.`

/** In the order in which they are read. */
const tags: Record<string, string> = {
  ...Object.assign({}, ...families.map((family) => family.tags)),
  'Any approval': 'Approvals of any kind, by id: read, decide, and see what happened.',
  History: 'Everything that happens in the tenant: follow it, and prove that it was not changed.',
  'People and keys': 'The people of the tenant, their groups and API keys; and who you are.',
  Policies: 'Who has to approve what, where the tenant says so.',
  Webhooks: 'Where events are sent, and the log of what was sent.',
  Dashboard: 'One list over everything.',
  Service: 'Health, and this document.',
}

/** The OpenAPI 3.1 document of all routes, made from the schemas that validate them. */
export function openApiDocument(app: OpenAPIHono<AppEnv>, origin: string) {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, or a token from the identity provider that the operator has named.',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
  })
  app.openAPIRegistry.register('Problem', problemSchema)
  app.openAPIRegistry.register('HTTPValidationError', validationErrorSchema)
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: '0.1.0',
      description,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
      contact: { name: 'Whoever runs this service', url: new URL('/docs', origin).href },
    },
    servers: [{ url: origin }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
  })
  const operations = Object.values(document.paths ?? {}).flatMap((path): object[] => Object.values(path))
  // What requests pass on their way: it is part of a route, and says nothing to a reader.
  for (const operation of operations) Reflect.deleteProperty(operation, 'middleware')
  for (const schema of Object.values(document.components?.schemas ?? {})) sayDefaults(schema)
  showRefusals(document)
  showExamples(document)
  return document
}

/**
 * Turns the defaults of members into words. The `default` keyword makes type generators (openapi-typescript) treat a
 * member as required, which is true of answers, where no schema here has one, but not of requests.
 */
function sayDefaults(schema: object): void {
  for (const member of Object.values((schema as { properties?: Record<string, Described> }).properties ?? {})) {
    sayDefaults(member)
    if (!('default' in member)) continue
    const said = `Default: \`${JSON.stringify(member.default)}\`.`
    member.description = member.description === undefined ? said : `${member.description} ${said}`
    delete member.default
  }
}

interface Described {
  description?: string
  default?: unknown
}
