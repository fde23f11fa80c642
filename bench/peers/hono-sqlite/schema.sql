CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  last_seq INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
  hash TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants,
  person_id TEXT NOT NULL,
  roles TEXT NOT NULL CHECK (json_valid(roles)),
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- Times are integer milliseconds.
CREATE TABLE claims (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'rejected', 'withdrawn')),
  claimant_id TEXT NOT NULL,
  submitted_by TEXT NOT NULL,
  description TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  expense_type TEXT,
  incurred_on TEXT,
  distance_km REAL CHECK (distance_km > 0),
  receipt_url TEXT,
  external_ref TEXT,
  decided_by TEXT,
  decided_at INTEGER,
  comment TEXT,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK ((status = 'pending') = (decided_at IS NULL)),
  CHECK ((decided_at IS NULL) = (decided_by IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_by_tenant ON claims (tenant_id, created_at, id);
CREATE INDEX claims_by_status ON claims (tenant_id, status, created_at, id);
CREATE INDEX claims_by_claimant ON claims (tenant_id, claimant_id, created_at, id);
CREATE UNIQUE INDEX claims_by_external_ref ON claims (tenant_id, external_ref) WHERE external_ref IS NOT NULL;

-- Append-only, in the order of commit, numbered in each tenant from 1 without a gap.
CREATE TABLE events (
  tenant_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  type TEXT NOT NULL,
  claim_id TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  from_status TEXT,
  to_status TEXT NOT NULL,
  data TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(data)),
  PRIMARY KEY (tenant_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_by_claim ON events (tenant_id, claim_id, seq);

-- How many claims a list has, so that no total is counted: of all (''), and of each claimant.
CREATE TABLE tallies (
  tenant_id TEXT NOT NULL,
  claimant_id TEXT NOT NULL,
  pending INTEGER NOT NULL DEFAULT 0,
  approved INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  withdrawn INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, claimant_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  path TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  answer TEXT NOT NULL CHECK (json_valid(answer)),
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id, path, key)
) STRICT, WITHOUT ROWID;
