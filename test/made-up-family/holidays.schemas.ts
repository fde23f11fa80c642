import { z } from '@hono/zod-openapi'

const days = z.int().min(1).openapi({ example: 5 })

export const newHoliday = z.strictObject({ days }).openapi('NewHoliday')
export const holidayParams = z.object({ id: z.string().openapi({ example: 'hol_demo1' }) })
export const holiday = z
  .object({ id: z.string(), status: z.string(), days })
  .openapi('Holiday', { example: { id: 'hol_demo1', status: 'pending', days: 5 } })
export const shownHoliday = { days }
