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
  person_id TEXT NOT NULL,
  name TEXT NOT NULL,
  roles TEXT NOT NULL CHECK (json_valid(roles) AND json_type(roles) = 'array'),
  instance_id TEXT,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_on TEXT CHECK (last_used_on = date(last_used_on))
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id, created_at, id);
-- The keys that may administer a tenant, if their people may: one always stays.
CREATE INDEX api_keys_of_admins ON api_keys (tenant_id, person_id) WHERE revoked_at IS NULL AND instr(roles, '"admin"');

-- From here on, here and in the other files: what a tenant has.

-- Who acts: people and services. `roles` and `groups` (their ids) are JSON arrays. One that is deleted stays for the history,
-- as a name; its id is nobody's any more. `write_id` is the write that last touched the row.
CREATE TABLE people (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT,
  kind TEXT NOT NULL DEFAULT 'human' CHECK (kind IN ('human', 'service')),
  roles TEXT NOT NULL CHECK (json_valid(roles) AND json_type(roles) = 'array'),
  groups TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(groups) AND json_type(groups) = 'array' AND json_array_length(groups) <= 100),
  disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  version INTEGER NOT NULL DEFAULT 1,
  write_id TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER,
  PRIMARY KEY (tenant_id, id),
  CHECK (deleted_at IS NULL OR disabled = 1)
) STRICT, WITHOUT ROWID;
CREATE INDEX people_by_tenant ON people (tenant_id, created_at, id) WHERE deleted_at IS NULL;

-- A group has its members, and each of them the group (`people.groups`), so that either is read in one row; whatever writes
-- one writes the other in the same transaction. One that is deleted stays, empty: its id is not used again.
CREATE TABLE groups (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  member_ids TEXT NOT NULL DEFAULT '[]'
    CHECK (json_valid(member_ids) AND json_type(member_ids) = 'array' AND json_array_length(member_ids) <= 1000),
  version INTEGER NOT NULL DEFAULT 1,
  write_id TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX groups_by_tenant ON groups (tenant_id, created_at, id) WHERE deleted_at IS NULL;

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
