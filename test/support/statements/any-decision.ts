import { aftermath } from '../../../src/any-approval/after.store.ts'
import { gives, type Samples } from './sample.ts'

/** What the store of decisions builds. */
export const samples: Samples = {
  'any-approval/after.store.ts': { aftermath: gives(aftermath(1), 'approvals a') },
}
