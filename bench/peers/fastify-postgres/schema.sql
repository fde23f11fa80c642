CREATE TABLE tenants (
  id text PRIMARY KEY,
  name text NOT NULL,
  last_seq bigint NOT NULL DEFAULT 0
);

CREATE TABLE api_keys (
  hash char(64) PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants,
  person_id text NOT NULL,
  roles text[] NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz
);

CREATE TABLE claims (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'approved', 'rejected', 'withdrawn')),
  claimant_id text NOT NULL,
  submitted_by text NOT NULL,
  description text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  currency char(3) NOT NULL,
  expense_type text,
  incurred_on date,
  distance_km double precision CHECK (distance_km > 0),
  receipt_url text,
  external_ref text,
  decided_by text,
  decided_at timestamptz,
  comment text,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK ((status = 'pending') = (decided_at IS NULL)),
  CHECK ((decided_at IS NULL) = (decided_by IS NULL))
);
CREATE INDEX claims_by_tenant ON claims (tenant_id, created_at, id);
CREATE INDEX claims_by_status ON claims (tenant_id, status, created_at, id);
CREATE INDEX claims_by_claimant ON claims (tenant_id, claimant_id, created_at, id);
CREATE UNIQUE INDEX claims_by_external_ref ON claims (tenant_id, external_ref) WHERE external_ref IS NOT NULL;

-- Append-only, in the order of commit, numbered in each tenant from 1 without a gap.
CREATE TABLE events (
  tenant_id text NOT NULL,
  seq bigint NOT NULL,
  type text NOT NULL,
  claim_id text NOT NULL,
  actor_id text NOT NULL,
  at timestamptz NOT NULL,
  from_status text,
  to_status text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX events_by_claim ON events (tenant_id, claim_id, seq);

-- How many claims a list has, so that no total is counted: of all (''), and of each claimant.
CREATE TABLE tallies (
  tenant_id text NOT NULL,
  claimant_id text NOT NULL,
  pending bigint NOT NULL DEFAULT 0,
  approved bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  withdrawn bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, claimant_id)
);

CREATE TABLE idempotency_keys (
  tenant_id text NOT NULL,
  user_id text NOT NULL,
  path text NOT NULL,
  key text NOT NULL,
  fingerprint char(64) NOT NULL,
  answer json NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id, path, key)
);
