import { currencies, statuses } from '../claim.ts'

/* JSON Schemas: of what comes in, by which Fastify validates, and of what goes out, by which it serialises. */

const maybe = (type: string, rules: object = {}) => ({ type, nullable: true, ...rules })

export const newClaim = {
  type: 'object',
  additionalProperties: false,
  required: ['description', 'amount', 'currency'],
  properties: {
    description: { type: 'string', minLength: 1, maxLength: 1000 },
    amount: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    currency: { type: 'string', enum: currencies },
    expense_type: maybe('string', { minLength: 1, maxLength: 50 }),
    incurred_on: maybe('string', { format: 'date' }),
    distance_km: maybe('number', { exclusiveMinimum: 0, maximum: 1_000_000 }),
    receipt_url: maybe('string', { format: 'uri', pattern: '^https?://', maxLength: 2048 }),
    external_ref: maybe('string', { minLength: 1, maxLength: 200 }),
    claimant_id: { type: 'string', minLength: 1, maxLength: 200 },
  },
}

export const idempotencyHeader = {
  type: 'object',
  properties: { 'idempotency-key': { type: 'string', pattern: '^[ -~]{1,255}$' } },
}

const comment = { type: 'string', minLength: 1, maxLength: 2000 }
export const approval = {
  type: 'object',
  nullable: true,
  additionalProperties: false,
  properties: { comment: { ...comment, nullable: true } },
}
export const rejection = {
  type: 'object',
  additionalProperties: false,
  required: ['comment'],
  properties: { comment },
}

export const page = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 50 },
    cursor: { type: 'string' },
    status: { type: 'string', enum: statuses },
    claimant_id: { type: 'string', minLength: 1 },
  },
}

export const claimParams = {
  type: 'object',
  properties: { claim_id: { type: 'string', pattern: '^[\\w-]{1,64}$' } },
}

const text = { type: 'string' }
export const claim = {
  type: 'object',
  properties: {
    claim_id: text,
    status: text,
    description: text,
    amount: { type: 'integer' },
    currency: text,
    expense_type: maybe('string'),
    incurred_on: maybe('string'),
    distance_km: maybe('number'),
    receipt_url: maybe('string'),
    external_ref: maybe('string'),
    claimant_id: text,
    submitted_by: text,
    decided_by: maybe('string'),
    decided_at: maybe('string'),
    comment: maybe('string'),
    created_at: text,
    updated_at: text,
  },
}

export const claimList = {
  type: 'object',
  properties: {
    data: { type: 'array', items: claim },
    pagination: { type: 'object', properties: { limit: { type: 'integer' }, total: { type: 'integer' } } },
    next: maybe('string'),
  },
}
