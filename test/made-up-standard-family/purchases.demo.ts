import { standardDemo } from '../../src/standard/standard-demo.ts'
import { purchaseKind } from './purchase-kind.ts'
import { chairs } from './purchases.schemas.ts'

export const demo = standardDemo(purchaseKind, chairs)
