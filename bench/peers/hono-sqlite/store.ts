import Database from 'better-sqlite3'
import type { Actor, StoredKey } from '../access.ts'
import type { Claim, Cursor, Filter, FirstAnswer, Status, UsedKey } from '../claim.ts'

/* SQL, prepared once. What is written is in one transaction, durable when it has ended. */

const columns = `id AS claim_id, status, description, amount, currency, expense_type, incurred_on, distance_km, receipt_url,
  external_ref, claimant_id, submitted_by, decided_by, decided_at, comment, created_at, updated_at`

/** As stored: times are numbers. */
type Row = Omit<Claim, 'decided_at' | 'created_at' | 'updated_at'> & {
  decided_at: number | null
  created_at: number
  updated_at: number
}

const iso = (time: number) => new Date(time).toISOString()
const claimOf = (row: Row): Claim => ({
  ...row,
  decided_at: row.decided_at === null ? null : iso(row.decided_at),
  created_at: iso(row.created_at),
  updated_at: iso(row.updated_at),
})

const day = 86_400_000

/** Opens the database file. */
export function openStore(file: string) {
  const db = new Database(file, { fileMustExist: true })
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = ON')
  db.pragma('cache_size = -262144')

  const selectKey = db.prepare<[string, number], Omit<StoredKey, 'roles'> & { roles: string }>(`
    SELECT tenant_id, person_id, roles FROM api_keys
    WHERE hash = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)`)
  const selectClaim = db.prepare<[string, string], Row>(`SELECT ${columns} FROM claims WHERE id = ? AND tenant_id = ?`)
  const selectAnswer = db.prepare<[string, string, string, string], { fingerprint: string; answer: string }>(`
    SELECT fingerprint, answer FROM idempotency_keys WHERE tenant_id = ? AND user_id = ? AND path = ? AND key = ?`)
  const insertKey = db.prepare(`
    INSERT INTO idempotency_keys (tenant_id, user_id, path, key, fingerprint, answer, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)`)
  const insertClaim = db.prepare(`
    INSERT INTO claims (id, tenant_id, status, claimant_id, submitted_by, description, amount, currency, expense_type,
      incurred_on, distance_km, receipt_url, external_ref, created_at, updated_at)
    VALUES (@claim_id, @tenantId, 'pending', @claimant_id, @submitted_by, @description, @amount, @currency, @expense_type,
      @incurred_on, @distance_km, @receipt_url, @external_ref, @now, @now)`)
  const updateClaim = db.prepare<[object], Row>(`
    UPDATE claims SET status = @status, decided_by = @userId, decided_at = @now, comment = @comment, updated_at = @now,
      version = version + 1
    WHERE id = @id AND tenant_id = @tenantId AND status = 'pending' AND claimant_id <> @userId AND submitted_by <> @userId
    RETURNING ${columns}`)
  const nextSeq = db
    .prepare<[string], number>('UPDATE tenants SET last_seq = last_seq + 1 WHERE id = ? RETURNING last_seq')
    .pluck()
  const insertEvent = db.prepare(`
    INSERT INTO events (tenant_id, seq, type, claim_id, actor_id, at, from_status, to_status, data)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const tallyNew = db.prepare(`
    INSERT INTO tallies (tenant_id, claimant_id, pending) VALUES (@tenantId, '', 1), (@tenantId, @claimant_id, 1)
    ON CONFLICT DO UPDATE SET pending = pending + 1`)
  const tallyDecided = db.prepare(`
    UPDATE tallies SET pending = pending - 1, approved = approved + (@status = 'approved'),
      rejected = rejected + (@status = 'rejected')
    WHERE tenant_id = @tenantId AND claimant_id IN ('', @claimant_id)`)

  /** A statement for each set of filters, made when it is first asked for. */
  const pages = new Map<
    string,
    { page: Database.Statement<[object], Row>; total: Database.Statement<[object], number> }
  >()
  function pageOf({ status, claimant_id }: Filter, cursor: Cursor | null) {
    const conditions = ['tenant_id = @tenantId']
    if (status !== undefined) conditions.push('status = @status')
    if (claimant_id !== undefined) conditions.push('claimant_id = @claimant_id')
    if (cursor) conditions.push('(created_at, id) < (@at, @id)')
    const where = conditions.join(' AND ')
    const counted = status ?? 'pending + approved + rejected + withdrawn'
    const name = `${counted} where ${where}`
    const known = pages.get(name)
    if (known) return known
    const made = {
      page: db.prepare<[object], Row>(
        `SELECT ${columns} FROM claims WHERE ${where} ORDER BY claims.created_at DESC, claims.id DESC LIMIT @limit`,
      ),
      total: db
        .prepare<[object], number>(
          `SELECT ${counted} FROM tallies WHERE tenant_id = @tenantId AND claimant_id = @claimant_id`,
        )
        .pluck(),
    }
    pages.set(name, made)
    return made
  }

  const insert = db.transaction(({ tenantId, userId }: Actor, claim: Claim, used: UsedKey | undefined) => {
    const now = Date.parse(claim.created_at)
    if (used) insertKey.run(tenantId, userId, used.path, used.key, used.fingerprint, JSON.stringify(claim), now + day)
    insertClaim.run({ ...claim, tenantId, now })
    insertEvent.run(
      tenantId,
      nextSeq.get(tenantId),
      'claim.submitted',
      claim.claim_id,
      userId,
      now,
      null,
      'pending',
      '{}',
    )
    tallyNew.run({ tenantId, claimant_id: claim.claimant_id })
  })

  const decide = db.transaction(
    ({ tenantId, userId }: Actor, id: string, status: Status, comment: string | null, now: number) => {
      const decided = updateClaim.get({ id, tenantId, userId, status, comment, now })
      if (!decided) return undefined
      const data = JSON.stringify({ comment })
      insertEvent.run(tenantId, nextSeq.get(tenantId), `claim.${status}`, id, userId, now, 'pending', status, data)
      tallyDecided.run({ tenantId, status, claimant_id: decided.claimant_id })
      return claimOf(decided)
    },
  )

  const page = db.transaction(({ tenantId }: Actor, filter: Filter, cursor: Cursor | null, limit: number) => {
    const asked = pageOf(filter, cursor)
    const rows = asked.page.all({ ...filter, ...cursor, tenantId, limit })
    const total = asked.total.get({ tenantId, claimant_id: filter.claimant_id ?? '' }) ?? 0
    return { data: rows.map(claimOf), total }
  })

  return {
    key(hash: string): StoredKey | undefined {
      const key = selectKey.get(hash, Date.now())
      return key && { ...key, roles: JSON.parse(key.roles) as string[] }
    },
    insert: insert.immediate,
    answer({ tenantId, userId }: Actor, { path, key }: UsedKey): FirstAnswer | undefined {
      const first = selectAnswer.get(tenantId, userId, path, key)
      return first && { ...first, answer: JSON.parse(first.answer) as Claim }
    },
    claim({ tenantId }: Actor, id: string): Claim | undefined {
      const row = selectClaim.get(id, tenantId)
      return row && claimOf(row)
    },
    decide: decide.immediate,
    page,
  }
}

export type Store = ReturnType<typeof openStore>

/** Whose unique constraint a statement has run into, if it has. */
export function duplicateIn(error: unknown): 'idempotency_keys' | 'claims' | undefined {
  if (!(error instanceof Database.SqliteError) || !/^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(error.code))
    return undefined
  return error.message.includes('idempotency_keys.') ? 'idempotency_keys' : 'claims'
}
