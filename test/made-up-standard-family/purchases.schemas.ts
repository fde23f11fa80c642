import { z } from '@hono/zod-openapi'
import { currency } from '../../src/currency.schemas.ts'
import { standardSchemas, type Example } from '../../src/standard/standard.schemas.ts'
import { purchaseKind } from './purchase-kind.ts'

export const chairs = {
  type: 'furniture',
  title: 'Six chairs',
  summary: 'For the new room.',
  details: { item: 'chair', count: 6, price: 24_000, currency: 'CHF' },
  subject: { type: 'room', id: 'b12' },
} satisfies Example

export const purchaseSchemas = standardSchemas(purchaseKind, {
  details: z.strictObject({ item: z.string(), count: z.int().min(1), price: z.int().min(1), currency }),
  example: chairs,
  amended: { ...chairs.details, count: 8 },
  digests: {
    pending: 'd89ee3dccea26ef4c03f641105ddbf3e3bc1d6c826d09eb25d1677bd079385ee',
    approved: '4cb7314c7faf96b943da2f26cadfd98e86336fb52ceedfedb2076d9ceb6837c2',
  },
})
