import { standardDemo } from '../standard/standard-demo.ts'
import { requestKind } from './request-kind.ts'
import { deployment } from './requests.schemas.ts'

export const demo = standardDemo(requestKind, deployment)
