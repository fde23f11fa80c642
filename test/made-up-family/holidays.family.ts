import { defineFamily } from '../../src/approvals/family.ts'
import { holidayRefusals } from './holidays.refusals.ts'
import { holidayRoutes } from './holidays.routes.ts'
import { shownHoliday } from './holidays.schemas.ts'
import { decisionOnHoliday, holidayKind } from './holidays.ts'
import { holidayFacts, type Holiday } from './holidays.store.ts'

/** Days off that somebody asks for: a family like any other, but made up. */
export const holidays = defineFamily({
  ...holidayKind,
  approvalId: 'hol',
  idPrefixes: ['hol'],
  events: ['holiday.requested', 'holiday.approved', 'holiday.expired'],
  refusals: holidayRefusals,
  introduction: { title: 'Holidays', text: 'Days off, up to 30.', beginWith: ['requestHoliday'] },
  tags: { Holidays: 'Days off: ask, read, approve.' },
  shows: { object: () => holidayFacts.object, members: shownHoliday },
  what: { ...holidayFacts, of: ({ days }: Holiday) => ({ days }) },
  decision: decisionOnHoliday,
  routes: [holidayRoutes],
  jobs: {},
})
