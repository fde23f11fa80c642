-- The requests family: whatever somebody wants a yes for, and its redemption.

INSERT INTO kinds VALUES ('request');

-- Lists of what one requester asked for, of requests of one type, and of what was asked through one agent instance.
CREATE INDEX approvals_of_request_by_requester ON approvals (tenant_id, requester_id, status, created_at, id)
  WHERE kind = 'request' AND restricted = 0;
CREATE INDEX approvals_of_request_by_type ON approvals (tenant_id, type, status, created_at, id) WHERE kind = 'request' AND restricted = 0;
CREATE INDEX approvals_restricted_of_request_by_type ON approvals (tenant_id, type, status, created_at, id)
  WHERE kind = 'request' AND restricted = 1;
CREATE INDEX approvals_of_request_by_instance ON approvals (tenant_id, instance_id, status, created_at, id)
  WHERE kind = 'request' AND instance_id IS NOT NULL;

-- `redeem_within` is in milliseconds, from the approval on. `ended` is how the redemption ended, and then `outcome` what was reported
-- of it. `write_id` is the last write of either.
CREATE TABLE requests (
  approval_id TEXT PRIMARY KEY REFERENCES approvals(id),
  tenant_id TEXT NOT NULL,
  summary TEXT,
  details TEXT CHECK (json_type(details) = 'object'),
  subject TEXT CHECK (json_type(subject) = 'object'),
  external_ref TEXT,
  ref_scope TEXT NOT NULL,
  state TEXT,
  redeem_within INTEGER NOT NULL CHECK (redeem_within > 0),
  ended TEXT CHECK (ended IS NULL OR (ended IN ('redeemed', 'revoked', 'lapsed')) IS TRUE),
  ended_at INTEGER,
  ended_by TEXT,
  end_comment TEXT,
  outcome TEXT CHECK (outcome IN ('succeeded', 'failed')),
  result TEXT CHECK (json_valid(result)),
  error TEXT,
  reported_at INTEGER,
  write_id TEXT,
  CHECK ((ended IS NULL) = (ended_at IS NULL) AND (ended IS NULL) = (ended_by IS NULL)),
  CHECK (outcome IS NULL OR ended = 'redeemed')
) STRICT, WITHOUT ROWID;
-- A reference is unique in the tenant; of a restricted request among those of the same requester, whose id `ref_scope` then
-- is: nobody else is told that it is taken.
CREATE UNIQUE INDEX requests_by_external_ref ON requests (tenant_id, external_ref, ref_scope) WHERE external_ref IS NOT NULL;
-- What is approved and not taken up yet, by when it lapses. Its key is all of it, so that an approval writes one row, and no index.
CREATE TABLE open_redemptions (
  redeem_by INTEGER NOT NULL,
  approval_id TEXT NOT NULL REFERENCES approvals(id),
  PRIMARY KEY (redeem_by, approval_id)
) STRICT, WITHOUT ROWID;
