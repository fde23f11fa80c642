-- The claims family: what is being reimbursed, and the batches that approve many at once.

INSERT INTO kinds VALUES ('claim');

-- Lists of one claimant's claims, and how many those are.
CREATE INDEX approvals_of_claim_by_requester ON approvals (tenant_id, requester_id, status, created_at, id)
  WHERE kind = 'claim' AND restricted = 0;
CREATE TRIGGER approvals_tally_claim_insert AFTER INSERT ON approvals WHEN NEW.kind = 'claim' AND NEW.restricted = 0 BEGIN
  INSERT INTO tallies (tenant_id, kind, facet, pending, approved, rejected, withdrawn, expired)
  VALUES (NEW.tenant_id, NEW.kind, 'requester:' || NEW.requester_id, NEW.status = 'pending', NEW.status = 'approved',
    NEW.status = 'rejected', NEW.status = 'withdrawn', NEW.status = 'expired')
  ON CONFLICT DO UPDATE SET
    pending = pending + excluded.pending,
    approved = approved + excluded.approved,
    rejected = rejected + excluded.rejected,
    withdrawn = withdrawn + excluded.withdrawn,
    expired = expired + excluded.expired;
END;
CREATE TRIGGER approvals_tally_claim_update AFTER UPDATE OF status ON approvals
WHEN OLD.status <> NEW.status AND NEW.kind = 'claim' AND NEW.restricted = 0 BEGIN
  INSERT INTO tallies (tenant_id, kind, facet)
  VALUES (NEW.tenant_id, NEW.kind, 'requester:' || NEW.requester_id)
  ON CONFLICT DO UPDATE SET
    pending = pending + (NEW.status = 'pending') - (OLD.status = 'pending'),
    approved = approved + (NEW.status = 'approved') - (OLD.status = 'approved'),
    rejected = rejected + (NEW.status = 'rejected') - (OLD.status = 'rejected'),
    withdrawn = withdrawn + (NEW.status = 'withdrawn') - (OLD.status = 'withdrawn'),
    expired = expired + (NEW.status = 'expired') - (OLD.status = 'expired');
END;

CREATE TABLE claims (
  approval_id TEXT PRIMARY KEY REFERENCES approvals(id),
  tenant_id TEXT NOT NULL,
  description TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  expense_type TEXT,
  incurred_on TEXT,
  distance_km REAL CHECK (distance_km > 0),
  receipt_url TEXT,
  external_ref TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX claims_by_external_ref ON claims (tenant_id, external_ref) WHERE external_ref IS NOT NULL;

-- `started_by` is NULL where the clock started it. `hands` is a JSON array of who else has a hand in it: who has amended
-- it, and who has made a key that it was submitted, started or amended with. `events_before` is where the tenant's
-- history was when the last step began.
CREATE TABLE batches (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  coordinator_id TEXT NOT NULL,
  created_by TEXT NOT NULL,
  roles TEXT NOT NULL CHECK (json_valid(roles)),
  status TEXT NOT NULL CHECK ((status IN ('pending', 'processing', 'completed', 'cancelled')) IS TRUE),
  comment TEXT,
  process_at INTEGER,
  total_claims INTEGER NOT NULL CHECK (total_claims BETWEEN 1 AND 10000),
  approved_count INTEGER NOT NULL DEFAULT 0,
  rejected_count INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1,
  write_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  completed_at INTEGER,
  cancelled_at INTEGER,
  poke_at INTEGER,
  processed_count INTEGER NOT NULL GENERATED ALWAYS AS (approved_count + rejected_count) VIRTUAL,
  started_by TEXT,
  hands TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(hands)),
  events_before INTEGER,
  CHECK (approved_count + rejected_count <= total_claims),
  CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
  CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)),
  CHECK ((status IN ('pending', 'processing')) = (poke_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX batches_by_tenant ON batches (tenant_id, status, created_at, id);
CREATE INDEX batches_by_coordinator ON batches (tenant_id, coordinator_id, status, created_at, id);
CREATE INDEX batches_to_poke ON batches (poke_at) WHERE poke_at IS NOT NULL;

-- A batch's claims in the order submitted, up to 500 a row: a row for each would be a third of what a batch writes.
-- `claim_ids` is a JSON array, `position` that of its first; those of a batch are 0, 1, 2, … without a gap. Claims that
-- do not exist are in it, too.
CREATE TABLE batch_items (
  batch_id TEXT NOT NULL REFERENCES batches(id),
  position INTEGER NOT NULL,
  claim_ids TEXT NOT NULL CHECK (json_array_length(claim_ids) BETWEEN 1 AND 500),
  PRIMARY KEY (batch_id, position)
) STRICT, WITHOUT ROWID;

-- What became of `size` claims from `position` on, a row for each step; written once. `errors` is a JSON array: why each
-- was rejected, null where it was approved; it is empty where all of them were.
CREATE TABLE batch_results (
  batch_id TEXT NOT NULL REFERENCES batches(id),
  position INTEGER NOT NULL,
  size INTEGER NOT NULL CHECK (size >= 1),
  errors TEXT NOT NULL CHECK (json_array_length(errors) IN (0, size)),
  processed_at INTEGER NOT NULL,
  PRIMARY KEY (batch_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_tallies (
  tenant_id TEXT NOT NULL,
  facet TEXT NOT NULL,
  pending INTEGER NOT NULL DEFAULT 0 CHECK (pending >= 0),
  processing INTEGER NOT NULL DEFAULT 0 CHECK (processing >= 0),
  completed INTEGER NOT NULL DEFAULT 0 CHECK (completed >= 0),
  cancelled INTEGER NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
  PRIMARY KEY (tenant_id, facet)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER batches_tally_insert AFTER INSERT ON batches BEGIN
  INSERT INTO batch_tallies (tenant_id, facet, pending, processing, completed, cancelled)
  VALUES
    (NEW.tenant_id, '', NEW.status = 'pending', NEW.status = 'processing', NEW.status = 'completed', NEW.status = 'cancelled'),
    (NEW.tenant_id, 'coordinator:' || NEW.coordinator_id, NEW.status = 'pending', NEW.status = 'processing', NEW.status = 'completed', NEW.status = 'cancelled')
  ON CONFLICT DO UPDATE SET
    pending = pending + excluded.pending,
    processing = processing + excluded.processing,
    completed = completed + excluded.completed,
    cancelled = cancelled + excluded.cancelled;
END;

CREATE TRIGGER batches_tally_update AFTER UPDATE OF status ON batches WHEN OLD.status <> NEW.status BEGIN
  UPDATE batch_tallies SET
    pending = pending + (NEW.status = 'pending') - (OLD.status = 'pending'),
    processing = processing + (NEW.status = 'processing') - (OLD.status = 'processing'),
    completed = completed + (NEW.status = 'completed') - (OLD.status = 'completed'),
    cancelled = cancelled + (NEW.status = 'cancelled') - (OLD.status = 'cancelled')
  WHERE tenant_id = NEW.tenant_id AND facet IN ('', 'coordinator:' || NEW.coordinator_id);
END;

-- A key holds only so many streams, whichever runners serve them. A row that outlives its stream counts until
-- `ends_at`.
CREATE TABLE batch_followers (
  id TEXT PRIMARY KEY,
  batch_id TEXT NOT NULL REFERENCES batches(id),
  key_id TEXT NOT NULL,
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_followers_by_key ON batch_followers (key_id);
CREATE INDEX batch_followers_by_batch ON batch_followers (batch_id);
