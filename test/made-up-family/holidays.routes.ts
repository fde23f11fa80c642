import { endpoint, json } from '../../src/http/endpoint.ts'
import { createRouter } from '../../src/http/router.ts'
import { approveHoliday, getHoliday, requestHoliday } from './holidays.ts'
import { holiday, holidayParams, newHoliday } from './holidays.schemas.ts'

const path = '/v1/holidays'
const common = { tags: ['Holidays'], description: 'A reviewer approves it within a day; nobody their own.' }
const one = { description: 'The holiday.', content: json(holiday) }

const ask = endpoint({
  ...common,
  method: 'post',
  path,
  operationId: 'requestHoliday',
  summary: 'Ask for days off',
  roles: 'any',
  creates: true,
  request: { body: { required: true, content: json(newHoliday) } },
  responses: { 201: one },
  refuses: ['too_many_days'],
})
const about = { ...common, request: { params: holidayParams }, responses: { 200: one } }
const getting = { operationId: 'getHoliday', summary: 'Read a holiday', roles: 'any' } as const
const read = endpoint({ ...about, ...getting, method: 'get', path: `${path}/{id}`, refuses: ['not_found'] })
const refuses = ['not_found', 'self_approval', 'already_decided', 'approval_expired'] as const
const approving = { operationId: 'approveHoliday', summary: 'Approve a holiday', roles: ['reviewer'] } as const
const approve = endpoint({ ...about, ...approving, method: 'post', path: `${path}/{id}/approve`, refuses })

export const holidayRoutes = createRouter()
  .openapi(ask, async (c) => c.json(await requestHoliday(c.get('ctx'), c.req.valid('json').days), 201))
  .openapi(read, async (c) => c.json(await getHoliday(c.get('ctx'), c.req.valid('param').id), 200))
  .openapi(approve, async (c) => c.json(await approveHoliday(c.get('ctx'), c.req.valid('param').id), 200))
