import { z } from '@hono/zod-openapi'
import { unwithdrawable } from '../http/ballots.ts'
import { endpoint, json } from '../http/endpoint.ts'
import { jsonText } from '../http/json-text.ts'
import { createdRange, linkNext, pageQuery, pageRequest } from '../http/pagination.ts'
import { ifMatch } from '../http/preconditions.ts'
import { createRouter } from '../http/router.ts'
import { externalRef, id } from '../id.schemas.ts'
import { invalidInput } from '../refusal.ts'
import { status } from '../status.schemas.ts'
import { type } from '../type.schemas.ts'
import { amendRequest, askRequest } from './ask.ts'
import { answer, body, detailsOf, faceOf, keepsDetails, render, shown, textOf } from './face.routes.ts'
import { getRequest, listRequests } from './read.ts'
import type { StandardSchemas } from './standard.schemas.ts'
import type { Standard } from './standard.ts'

/** Ask for something of a kind, read it, amend it. */
export function askingRoutes(of: Standard, schemas: StandardSchemas) {
  const { path, about, anybody, one, word, words, aWord, Kind, Kinds } = faceOf(of, schemas)
  return createRouter()
    .openapi(
      endpoint({
        ...anybody,
        method: 'post',
        path,
        operationId: `create${Kind}`,
        summary: 'Ask for an approval',
        description:
          'It waits for somebody who may decide it: never the one who asked, unless a policy allows that. Keep its `digest`: it identifies exactly what is approved.',
        creates: true,
        request: { body: body(schemas.created) },
        keeps: keepsDetails,
        responses: { 201: { description: `The ${word}, pending.`, content: json(schemas.one) } },
        refuses: ['actor_mismatch', 'duplicate_external_ref', 'policy_needs_member'],
      }),
      async (c) => {
        const asked = c.req.valid('json')
        const request = await askRequest(c.get('ctx'), of, {
          ...asked,
          details: (await detailsOf(c)) ?? null,
          subject: textOf(asked.subject),
        })
        return jsonText(c, render(request, c.get('ctx')), 201)
      },
    )
    .openapi(
      endpoint({
        ...anybody,
        method: 'get',
        path,
        operationId: `list${Kinds}`,
        summary: `List ${words}, newest first`,
        description: `Filters combine. \`details\`, \`state\` and results are shown on a single ${word} only. \`total\` is null with any filter but \`status\`.`,
        request: {
          query: z.object({
            ...pageQuery,
            ...createdRange,
            status: status.optional(),
            type: type.optional(),
            requester_id: id.optional(),
            subject_type: id.optional(),
            subject_id: z.string().min(1).max(200).optional(),
            external_ref: externalRef.optional(),
          }),
        },
        responses: { 200: { description: `A page of ${words}.`, content: json(schemas.list) } },
      }),
      async (c) => {
        const { status, type, requester_id, subject_type, subject_id, external_ref, ...rest } = c.req.valid('query')
        const subject = subjectOf(subject_type, subject_id)
        const page = pageRequest(rest)
        const ctx = c.get('ctx')
        const filter = { status, type, requesterId: requester_id, subject, externalRef: external_ref }
        const { rows, total, next } = await listRequests(ctx, of, filter, page)
        const pagination = { page: page.page, limit: page.limit, total }
        const data = rows.map((row) => shown(row, ctx.now))
        return c.json({ data, pagination, next: linkNext(c, next) }, 200)
      },
    )
    .openapi(
      endpoint({
        ...anybody,
        method: 'get',
        path: about,
        operationId: `get${Kind}`,
        tagged: true,
        summary: `Read ${aWord}`,
        description: 'With its redemption, once it is approved; `state` is shown only to the requester.',
        request: { params: schemas.params(1) },
        responses: one(`The ${word}; its ETag changes with every change.`),
        refuses: ['not_found'],
      }),
      async (c) => answer(c, await getRequest(c.get('ctx'), of, c.req.valid('param').id)),
    )
    .openapi(
      endpoint({
        ...anybody,
        method: 'patch',
        path: about,
        operationId: `amend${Kind}`,
        summary: `Amend a pending ${word} of your own`,
        description:
          'It becomes another question with another digest, and earlier votes no longer count. What is left out stays; `details` are replaced as a whole. An amendment that changes nothing has no effect.',
        request: { params: schemas.params(3), body: body(schemas.amendment) },
        keeps: keepsDetails,
        responses: one(`The ${word} as it is asked now.`),
        refuses: [...unwithdrawable, 'already_withdrawn', 'duplicate_external_ref', 'policy_needs_member'],
      }),
      async (c) => {
        const { details: _, subject, ...rest } = c.req.valid('json')
        const details = await detailsOf(c)
        const changes = {
          ...rest,
          ...(details !== undefined && { details }),
          ...(subject !== undefined && { subject: textOf(subject) }),
        }
        return answer(c, await amendRequest(c.get('ctx'), of, c.req.valid('param').id, changes, ifMatch(c)))
      },
    )
}

/** @throws Refusal `invalid_input` where one goes without the other */
function subjectOf(type: string | undefined, id: string | undefined) {
  if (type !== undefined && id !== undefined) return { type, id }
  if (type === id) return undefined
  const missing = type === undefined ? 'subject_type' : 'subject_id'
  throw invalidInput([
    { in: 'query', pointer: `/${missing}`, message: 'is required: a subject is named by both', type: 'missing' },
  ])
}
