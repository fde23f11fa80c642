import { sql } from '../db/sql.ts'
import type { Ctx } from '../context.ts'
import type { Statement } from '../db/open-db.ts'
import type { policies, policyBooks, policyVersions } from './policies.table.ts'

/** A policy that holds, with the revision of the book that it is in. `body` is a `PolicyBody` as JSON. */
export type BookedPolicy = Pick<typeof policyBooks.$inferSelect, 'revision'> &
  Pick<typeof policyVersions.$inferSelect, 'body'> & {
    policy_id: (typeof policies.$inferSelect)['id'] | null
    version_id: string | null
    name: string | null
  }

/** The tenant's policies in their order; where there are none one row that says the revision, if there ever was one. */
export function selectBook(ctx: Ctx) {
  return ctx.db.all<BookedPolicy>(sql`
    SELECT b.revision, p.id AS policy_id, p.version_id, p.name, v.body
    FROM policy_books b LEFT JOIN policies p ON p.tenant_id = b.tenant_id AND p.deleted_at IS NULL
      LEFT JOIN policy_versions v ON v.id = p.version_id
    WHERE b.tenant_id = ${ctx.actor.tenantId} ORDER BY p.priority, p.created_at, p.id`)
}

/**
 * Makes the whole transaction fail where the tenant's policies are not at the revision that its statements were made
 * for (null where the tenant has none): see `isOutdatedBook`.
 */
export function bookIsAt({ db, actor }: Ctx, revision: number | null): Statement {
  return db.all(sql`
    UPDATE policy_books SET revision = NULL WHERE tenant_id = ${actor.tenantId} AND revision IS NOT ${revision}`)
}
