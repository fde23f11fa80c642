-- The intents family: calls of agents that wait for a person, and the outbox from which approved ones are replayed.

INSERT INTO kinds VALUES ('intent');

-- How many intents are about a customer.
CREATE TRIGGER approvals_tally_intent_insert AFTER INSERT ON approvals WHEN NEW.kind = 'intent' AND NEW.restricted = 0 BEGIN
  INSERT INTO tallies (tenant_id, kind, facet, pending, approved, rejected, withdrawn, expired)
  VALUES (NEW.tenant_id, NEW.kind, 'subject:' || NEW.subject_id, NEW.status = 'pending', NEW.status = 'approved',
    NEW.status = 'rejected', NEW.status = 'withdrawn', NEW.status = 'expired')
  ON CONFLICT DO UPDATE SET
    pending = pending + excluded.pending,
    approved = approved + excluded.approved,
    rejected = rejected + excluded.rejected,
    withdrawn = withdrawn + excluded.withdrawn,
    expired = expired + excluded.expired;
END;
CREATE TRIGGER approvals_tally_intent_update AFTER UPDATE OF status ON approvals
WHEN OLD.status <> NEW.status AND NEW.kind = 'intent' AND NEW.restricted = 0 BEGIN
  INSERT INTO tallies (tenant_id, kind, facet)
  VALUES (NEW.tenant_id, NEW.kind, 'subject:' || NEW.subject_id)
  ON CONFLICT DO UPDATE SET
    pending = pending + (NEW.status = 'pending') - (OLD.status = 'pending'),
    approved = approved + (NEW.status = 'approved') - (OLD.status = 'approved'),
    rejected = rejected + (NEW.status = 'rejected') - (OLD.status = 'rejected'),
    withdrawn = withdrawn + (NEW.status = 'withdrawn') - (OLD.status = 'withdrawn'),
    expired = expired + (NEW.status = 'expired') - (OLD.status = 'expired');
END;

CREATE TABLE intents (
  approval_id TEXT PRIMARY KEY REFERENCES approvals(id),
  tenant_id TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  approval_ref TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  action TEXT NOT NULL,
  skill_slug TEXT NOT NULL,
  serialized_intent TEXT NOT NULL CHECK (json_valid(serialized_intent)),
  approver_role TEXT NOT NULL CHECK (approver_role IN ('owner', 'customer')),
  approver_person_id TEXT,
  rule_id TEXT,
  notify_channel TEXT,
  resolver_role TEXT CHECK (resolver_role IN ('owner', 'customer')),
  resolver_person_id TEXT,
  resolution_channel TEXT,
  pin_verified INTEGER CHECK (pin_verified IN (0, 1)),
  reported_by TEXT,
  UNIQUE (tenant_id, instance_id, approval_ref)
) STRICT, WITHOUT ROWID;

-- `open` entries are leasable while `lease_until` has passed; 0 means that nobody holds a lease. `overdue_at` is when
-- an entry has had its time, or its last attempt.
CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  approval_id TEXT NOT NULL UNIQUE REFERENCES approvals(id),
  status TEXT NOT NULL CHECK ((status IN ('open', 'succeeded', 'failed', 'lapsed')) IS TRUE),
  approved_at INTEGER NOT NULL,
  execute_by INTEGER NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt BETWEEN 0 AND 5),
  lease_token TEXT,
  lease_until INTEGER NOT NULL DEFAULT 0,
  result TEXT CHECK (json_valid(result)),
  error TEXT,
  finished_at INTEGER,
  overdue_at INTEGER NOT NULL GENERATED ALWAYS AS (iif(attempt >= 5, min(execute_by, lease_until), execute_by)) VIRTUAL,
  CHECK ((status = 'open') = (finished_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_leasable ON outbox (tenant_id, instance_id, lease_until, id) WHERE status = 'open';
CREATE INDEX outbox_by_token ON outbox (lease_token) WHERE lease_token IS NOT NULL;
CREATE INDEX outbox_overdue ON outbox (overdue_at) WHERE status = 'open';
