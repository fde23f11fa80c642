-- The directory: which tenants there are, and whose a key is. No foreign key leads from it to what a tenant has, or back, so
-- that a tenant may live in a database of its own. Times are integer milliseconds since the epoch, UTC, here and everywhere.

CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  time_zone TEXT NOT NULL DEFAULT 'UTC',
  jurisdiction TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
  hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
  id TEXT NOT NULL UNIQUE,
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  user_id TEXT NOT NULL,
  roles TEXT NOT NULL CHECK (json_valid(roles) AND json_type(roles) = 'array'),
  instance_id TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- From here on, here and in the other files: what a tenant has.
CREATE TABLE users (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

-- The first answer under each Idempotency-Key. A key is its user's own; where it is the tenant's, whoever sends it, the
-- user is ''. By the day on which they expire (counted from the epoch) those whose time is over are found without an index.
CREATE TABLE idempotency_keys (
  expires_on INTEGER NOT NULL,
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL DEFAULT '',
  path TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  answer TEXT NOT NULL CHECK (json_valid(answer)),
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (expires_on, tenant_id, user_id, path, key)
) STRICT, WITHOUT ROWID;
