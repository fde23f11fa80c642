import pg from 'pg'
import type { Actor, StoredKey } from '../access.ts'
import type { Claim, Cursor, Filter, FirstAnswer, Status, UsedKey } from '../claim.ts'

/* SQL. Each operation is one prepared statement, and so one transaction and one round trip. */

pg.types.setTypeParser(pg.types.builtins.INT8, Number)
pg.types.setTypeParser(pg.types.builtins.DATE, (date) => date)
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (time) => new Date(time).toISOString())

const columns = `id AS claim_id, status, description, amount, currency, expense_type, incurred_on, distance_km, receipt_url,
  external_ref, claimant_id, submitted_by, decided_by, decided_at, comment, created_at, updated_at`

/** What the tenant's writers wait for each other with: its events are numbered in the order of commit. */
const numbered = `numbered AS (
    UPDATE tenants SET last_seq = last_seq + 1 WHERE id = (SELECT tenant_id FROM written) RETURNING last_seq
  )`

const insertClaim = `
  WITH written AS (
    INSERT INTO claims (id, tenant_id, status, claimant_id, submitted_by, description, amount, currency, expense_type,
      incurred_on, distance_km, receipt_url, external_ref, created_at, updated_at)
    VALUES ($1, $2, 'pending', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
    RETURNING tenant_id
  ), ${numbered}, told AS (
    INSERT INTO events (tenant_id, seq, type, claim_id, actor_id, at, from_status, to_status)
    SELECT $2, last_seq, 'claim.submitted', $1, $4, $13, NULL, 'pending' FROM numbered
  ), tallied AS (
    INSERT INTO tallies (tenant_id, claimant_id, pending)
    SELECT $2, one.id, 1 FROM numbered, (VALUES (''), ($3)) AS one (id)
    ON CONFLICT (tenant_id, claimant_id) DO UPDATE SET pending = tallies.pending + 1
  )
  INSERT INTO idempotency_keys (tenant_id, user_id, path, key, fingerprint, answer, expires_at)
  SELECT $2, $4, $14, $15, $16, $17, $13 + interval '24 hours' FROM numbered WHERE $15::text IS NOT NULL`

const selectAnswer = `
  SELECT fingerprint, answer FROM idempotency_keys WHERE tenant_id = $1 AND user_id = $2 AND path = $3 AND key = $4`

const selectClaim = `SELECT ${columns} FROM claims WHERE id = $1 AND tenant_id = $2`

const decideClaim = `
  WITH written AS (
    UPDATE claims SET status = $4, decided_by = $3, decided_at = $5, comment = $6, updated_at = $5, version = version + 1
    WHERE id = $1 AND tenant_id = $2 AND status = 'pending' AND claimant_id <> $3 AND submitted_by <> $3
    RETURNING *
  ), ${numbered}, told AS (
    INSERT INTO events (tenant_id, seq, type, claim_id, actor_id, at, from_status, to_status, data)
    SELECT $2, last_seq, 'claim.' || $4, $1, $3, $5, 'pending', $4, jsonb_build_object('comment', $6::text) FROM numbered
  ), tallied AS (
    UPDATE tallies SET pending = pending - 1, approved = approved + ($4 = 'approved')::int,
      rejected = rejected + ($4 = 'rejected')::int
    FROM numbered, written
    WHERE tallies.tenant_id = $2 AND tallies.claimant_id IN ('', written.claimant_id)
  )
  SELECT ${columns} FROM written`

/** A page and its total, by an index for each filter and from the tallies. */
function selectPage({ tenantId }: Actor, { status, claimant_id }: Filter, cursor: Cursor | null, limit: number) {
  const values: unknown[] = [tenantId, claimant_id ?? '', limit]
  const conditions = ['tenant_id = $1']
  const given = (value: unknown) => `$${values.push(value)}`
  if (status !== undefined) conditions.push(`status = ${given(status)}`)
  if (claimant_id !== undefined) conditions.push('claimant_id = $2')
  if (cursor) conditions.push(`(created_at, id) < (${given(new Date(cursor.at))}, ${given(cursor.id)})`)
  const text = `
    SELECT tallied.total, page.* FROM (
      SELECT coalesce(sum(${status ?? 'pending + approved + rejected + withdrawn'}), 0)::bigint AS total
      FROM tallies WHERE tenant_id = $1 AND claimant_id = $2
    ) AS tallied LEFT JOIN LATERAL (
      SELECT ${columns} FROM claims WHERE ${conditions.join(' AND ')}
      ORDER BY claims.created_at DESC, claims.id DESC LIMIT $3
    ) AS page ON true`
  const name = ['page', status, claimant_id !== undefined && 'of one', cursor && 'behind'].filter(Boolean).join(' ')
  return { name, text, values }
}

const selectKey = `
  SELECT tenant_id, person_id, roles FROM api_keys
  WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`

/** What is asked of the database, over a pool of connections. */
export function openStore(pool: pg.Pool) {
  const run = async <Row extends object>(name: string, text: string, values: unknown[]) =>
    (await pool.query<Row>({ name, text, values })).rows

  return {
    key: async (hash: string) => (await run<StoredKey>('key', selectKey, [hash]))[0],

    async insert({ tenantId, userId }: Actor, claim: Claim, used: UsedKey | undefined): Promise<void> {
      const { claim_id, claimant_id, description, amount, currency, created_at } = claim
      const { expense_type, incurred_on, distance_km, receipt_url, external_ref } = claim
      const facts = [description, amount, currency, expense_type, incurred_on, distance_km, receipt_url, external_ref]
      const key = used ? [used.path, used.key, used.fingerprint, JSON.stringify(claim)] : [null, null, null, null]
      await run('insert', insertClaim, [claim_id, tenantId, claimant_id, userId, ...facts, created_at, ...key])
    },

    answer: async ({ tenantId, userId }: Actor, { path, key }: UsedKey) =>
      (await run<FirstAnswer>('answer', selectAnswer, [tenantId, userId, path, key]))[0],

    claim: async ({ tenantId }: Actor, id: string) => (await run<Claim>('claim', selectClaim, [id, tenantId]))[0],

    decide: async ({ tenantId, userId }: Actor, id: string, status: Status, comment: string | null, at: string) =>
      (await run<Claim>('decide', decideClaim, [id, tenantId, userId, status, at, comment]))[0],

    async page(actor: Actor, filter: Filter, cursor: Cursor | null, limit: number) {
      const { rows } = await pool.query<{ total: number } & Claim>(selectPage(actor, filter, cursor, limit))
      const data = rows.filter(({ claim_id }) => claim_id !== null).map(({ total: _, ...claim }) => claim)
      return { data, total: rows[0]?.total ?? 0 }
    },
  }
}

export type Store = ReturnType<typeof openStore>

/** Which unique constraint a statement has run into, if it has. */
export function duplicateIn(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError && error.code === '23505' ? error.constraint : undefined
}
