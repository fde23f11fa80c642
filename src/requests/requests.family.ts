import { standardFamily } from '../standard/standard-family.ts'
import { requestKind } from './request-kind.ts'
import { requestSchemas } from './requests.schemas.ts'

/** Whatever somebody wants a yes for, which is then taken up once. */
export const requests = standardFamily(requestKind, requestSchemas, {
  tag: 'Ask for anything, and redeem the yes once.',
  text:
    'Whatever a team wants a yes for: a deployment, an access, a refund, a text. A request is amended until it is decided; ' +
    'whoever asked redeems the approval by its `digest`, once, and reports what came of it.',
})
