/** A table of the database, and by what its rows are a tenant's. */
interface Table {
  name: string
  columns: string[]
  /** The columns of its primary key. */
  key: string[]
  /** The tables that its foreign keys lead to, with the columns on both sides. */
  parents: { table: string; from: string; to: string }[]
}

/** How many rows of a table one statement deletes. */
const perStep = 5_000

/**
 * Deletes a tenant with everything that it has: every row of each table that has a `tenant_id`, or a foreign key to
 * such a table, which it finds in the schema. First goes what lets anybody in, so that nothing new comes. Running it
 * again goes on where it was cut off.
 *
 * @returns how many rows there were, by table
 */
export async function endTenant(db: D1Database, tenantId: string, now: number): Promise<Record<string, number>> {
  const tables = await tablesOf(db)
  const gone: Record<string, number> = {}
  await run(db, 'INSERT INTO ending_tenants (tenant_id, since) VALUES (?1, ?2) ON CONFLICT DO NOTHING', tenantId, now)
  await run(db, 'DELETE FROM api_keys WHERE tenant_id = ?1', tenantId)
  await run(db, 'DELETE FROM tenants WHERE id = ?1', tenantId)
  for (const table of childrenFirst(tables)) {
    const own = belongsTo(table, tables)
    if (own === null || table.name === 'ending_tenants') continue
    const statement = deletion(table, own)
    for (let rows = perStep; rows === perStep;) {
      rows = (await run(db, statement, tenantId)).length
      if (rows > 0) gone[table.name] = (gone[table.name] ?? 0) + rows
    }
  }
  await run(db, 'DELETE FROM ending_tenants WHERE tenant_id = ?1', tenantId)
  return gone
}

/** The tables that have something of a tenant, with how much, but for those where it is nothing. */
export async function leftOf(db: D1Database, tenantId: string): Promise<Record<string, number>> {
  const tables = await tablesOf(db)
  const counts = tables.flatMap((table) => {
    const own = table.name === 'tenants' ? 'id = ?1' : belongsTo(table, tables)
    return own === null ? [] : `(SELECT count(*) FROM "${table.name}" WHERE ${own}) AS "${table.name}"`
  })
  const [left = {}] = await run<Record<string, number>>(db, `SELECT ${counts.join(', ')}`, tenantId)
  return Object.fromEntries(Object.entries(left).filter(([, rows]) => rows > 0))
}

async function tablesOf(db: D1Database): Promise<Table[]> {
  const found = await run<Record<'name' | 'columns' | 'key' | 'parents', string>>(
    db,
    `SELECT name,
      (SELECT json_group_array(name) FROM pragma_table_info(t.name)) AS columns,
      (SELECT json_group_array(name) FROM (SELECT name FROM pragma_table_info(t.name) WHERE pk > 0 ORDER BY pk)) AS key,
      (SELECT json_group_array(json_object('table', "table", 'from', "from", 'to', "to"))
        FROM pragma_foreign_key_list(t.name)) AS parents
    FROM sqlite_schema AS t WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'
      AND name NOT LIKE 'd1\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
  )
  return found.map(({ name, columns, key, parents }) => ({
    name,
    columns: JSON.parse(columns) as string[],
    key: JSON.parse(key) as string[],
    parents: JSON.parse(parents) as Table['parents'],
  }))
}

/** A condition for the rows that are a tenant's; null where none are anybody's. */
function belongsTo({ columns, parents }: Table, tables: readonly Table[]): string | null {
  if (columns.includes('tenant_id')) return 'tenant_id = ?1'
  for (const { table, from, to } of parents) {
    const parent = tables.find(({ name }) => name === table)
    const own = parent && belongsTo(parent, tables)
    if (own) return `"${from}" IN (SELECT "${to}" FROM "${table}" WHERE ${own})`
  }
  return null
}

/** Tables before those that their foreign keys lead to. */
function childrenFirst(tables: readonly Table[]): Table[] {
  const left = [...tables]
  const ordered: Table[] = []
  while (left.length > 0) {
    const isParent = ({ name }: Table) =>
      left.some((one) => one.name !== name && one.parents.some(({ table }) => table === name))
    const next = left.findIndex((table) => !isParent(table))
    if (next === -1) throw new Error('The foreign keys of the tables lead in a circle.')
    ordered.push(...left.splice(next, 1))
  }
  return ordered
}

function deletion({ name, key }: Table, own: string): string {
  const columns = key.map((column) => `"${column}"`).join(', ')
  return `DELETE FROM "${name}" WHERE (${columns}) IN (SELECT ${columns} FROM "${name}" WHERE ${own} LIMIT ${perStep}) RETURNING 1 AS gone`
}

async function run<Row>(db: D1Database, sql: string, ...values: unknown[]): Promise<Row[]> {
  const session = db.withSession('first-primary')
  const [result] = await session.batch<Row>([session.prepare(sql).bind(...values)])
  return result?.results ?? []
}
