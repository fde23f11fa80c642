import type { RefusalCode } from '../refusal.ts'
import { refusals } from '../refusals.ts'
import type { Refusing } from './refusing.ts'

/** The parts of an OpenAPI document that are looked at here. */
interface Documented {
  paths?: object
  components?: { schemas?: object }
}
type Operation = Partial<Refusing> & { responses: object }

/** Gives each operation its refusals, one answer per status, and the schema of problems all codes. */
export function showRefusals({ paths = {}, components = {} }: Documented): void {
  for (const methods of Object.values(paths)) {
    for (const operation of Object.values(methods as Record<string, Operation>)) {
      const { codes, faults } = operation['x-refusing'] ?? { codes: [] }
      delete operation['x-refusing']
      operation.responses = { ...refused(codes, faults === 'fastapi'), ...operation.responses }
    }
  }
  const { Problem } = components.schemas as { Problem: { properties: { code: object } } }
  Problem.properties.code = { type: 'string', enum: Object.keys(refusals), ...Problem.properties.code }
}

/** @param asFastApi whether faults of the input are shown as FastAPI shows them */
function refused(codes: readonly RefusalCode[], asFastApi: boolean) {
  const byStatus = Map.groupBy(codes, (code) => refusals[code][0])
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.map((code) => `\`${code}\`: ${refusals[code][1]}.`).join(' '),
        ...headersOf(status, group),
        content: status === 422 && asFastApi ? faultList : problems(group),
      },
    ]),
  )
}

/** What such an answer says beside its body: RFC 9110, 11.6.1 and 10.2.3. */
function headersOf(status: number, codes: readonly RefusalCode[]) {
  const header = (type: string, description: string) => ({ description, schema: { type } })
  const headers = {
    ...(status === 401 && { 'WWW-Authenticate': header('string', 'How to send a key.') }),
    ...(codes.some((code) => refusals[code][3] !== undefined) && {
      'Retry-After': header('integer', 'After how many seconds to try again.'),
    }),
  }
  return Object.keys(headers).length > 0 ? { headers } : {}
}

const faultList = {
  'application/json': {
    examples: {
      faults: { value: { detail: [{ loc: ['body', 'action'], msg: 'is required (string)', type: 'missing' }] } },
    },
    schema: { $ref: '#/components/schemas/HTTPValidationError' },
  },
}

function problems(codes: readonly RefusalCode[]) {
  return {
    'application/problem+json': {
      examples: Object.fromEntries(codes.map((code) => [code, { value: example(code) }])),
      schema: { $ref: '#/components/schemas/Problem' },
    },
  }
}

function example(code: RefusalCode) {
  const [status, title, remedy] = refusals[code]
  return {
    type: `https://countersign.example/docs/errors/${code}`,
    title,
    status,
    detail: remedy,
    code,
    request_id: '0f6f2d1c-7f0e-4f0e-9d3a-2f6f5f1b8f10',
  }
}
