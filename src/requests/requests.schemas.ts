import { standardSchemas, type Example } from '../standard/standard.schemas.ts'
import { requestKind } from './request-kind.ts'

/** What the demo data asks for. */
export const deployment = {
  type: 'deployment',
  title: 'Deploy 4.2.0 to production',
  summary: 'Fixes the login.',
  details: { service: 'web', version: '4.2.0' },
  subject: { type: 'service', id: 'web', url: 'https://ci.example/runs/42' },
} satisfies Example

/** What is sent and answered where requests are made, decided and redeemed. */
export const requestSchemas = standardSchemas(requestKind, {
  example: deployment,
  amended: { service: 'web', version: '4.2.1' },
  digests: {
    pending: 'eee921761e14f08a120ee483ceb0243316ab7939fcd5ad35341cd784267feff0',
    approved: 'cb689101b521c9322054627d5ab6cbb29a1e1876e35920e6102d385e1d1bc65d',
  },
})
