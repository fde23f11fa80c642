import { standardFamily } from '../../src/standard/standard-family.ts'
import { purchaseKind } from './purchase-kind.ts'
import { purchaseSchemas } from './purchases.schemas.ts'

/** Things that somebody wants to buy: a standard family like any other, but made up. */
export const purchases = standardFamily(purchaseKind, purchaseSchemas, {
  tag: 'Ask before you buy, and buy once.',
  text: 'What somebody wants to buy. Whoever asked redeems the approval and buys exactly that.',
})
