-- Policies: who has to say yes, where a tenant says so.

-- A tenant's policies are at a revision: whoever asks says at which they have looked. Without a row there never was one.
CREATE TABLE policy_books (
  tenant_id TEXT PRIMARY KEY,
  revision INTEGER NOT NULL CHECK (revision > 0)
) STRICT, WITHOUT ROWID;

-- A policy as it is now: its place in the order, and the version that holds for what is asked from now on. `infeasible` names
-- the stage that the people there are cannot fulfil, as of when that was looked at last. `write_id` is the write that last
-- touched the row.
CREATE TABLE policies (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  priority INTEGER NOT NULL,
  version_id TEXT NOT NULL REFERENCES policy_versions(id),
  infeasible TEXT,
  version INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
  write_id TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX policies_in_order ON policies (tenant_id, priority, created_at, id) WHERE deleted_at IS NULL;

-- What statements look at in a version's body: `capacities` are the roles and groups ("role:admin", "group:grp_finance") that may
-- vote, an array of them for each stage. Where one requirement is all that there is, `sole_roles` (a JSON array) or `sole_group`
-- is who fulfils it; where there is more both are NULL, and a statement alone does not decide.
ALTER TABLE policy_versions ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE policy_versions ADD COLUMN capacities TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(capacities));
ALTER TABLE policy_versions ADD COLUMN sole_roles TEXT CHECK (json_valid(sole_roles));
ALTER TABLE policy_versions ADD COLUMN sole_group TEXT;
ALTER TABLE policy_versions ADD COLUMN allow_self_approval INTEGER NOT NULL DEFAULT 0 CHECK (allow_self_approval IN (0, 1));
CREATE INDEX policy_versions_by_tenant ON policy_versions (tenant_id);

-- `stage` is the one that is open, from 0, and `open_to` the roles and groups that may vote in it (a JSON array). Where `channel_confirms` is 1 the person who is asked through the family's channel has
-- the last word when all stages are closed. `approved_digest` is that of what was approved where it is not what was asked.
ALTER TABLE approvals ADD COLUMN stage INTEGER NOT NULL DEFAULT 0 CHECK (stage >= 0);
ALTER TABLE approvals ADD COLUMN open_to TEXT CHECK (json_valid(open_to));
ALTER TABLE approvals ADD COLUMN channel_confirms INTEGER NOT NULL DEFAULT 0 CHECK (channel_confirms IN (0, 1));
ALTER TABLE approvals ADD COLUMN approved_digest TEXT CHECK (length(approved_digest) = 64);

-- Who may vote now on what is pending under a policy: the roles and groups of the open stage, nearest to its end first (what has none
-- comes last). Without a policy the kind says who. The first is an entry of an index, which costs nothing when it goes; of the others
-- each is a row, kept by triggers.
CREATE INDEX approvals_open_to ON approvals (tenant_id, CAST(open_to ->> 0 AS TEXT), due_or_never, id) WHERE status = 'pending' AND open_to IS NOT NULL;
CREATE TABLE further_audience (
  tenant_id TEXT NOT NULL,
  capacity TEXT NOT NULL,
  due_or_never INTEGER NOT NULL,
  approval_id TEXT NOT NULL REFERENCES approvals(id),
  PRIMARY KEY (tenant_id, capacity, due_or_never, approval_id)
) STRICT, WITHOUT ROWID;
CREATE VIEW audience AS
  SELECT a.*, a.tenant_id AS asked_in, CAST(a.open_to ->> 0 AS TEXT) AS capacity, a.due_or_never AS due, a.id AS place
  FROM approvals a INDEXED BY approvals_open_to WHERE a.status = 'pending' AND a.open_to IS NOT NULL
  UNION ALL SELECT a.*, w.tenant_id, w.capacity, w.due_or_never, w.approval_id
  FROM further_audience w CROSS JOIN approvals a WHERE a.id = w.approval_id;

CREATE TRIGGER approvals_audience_insert AFTER INSERT ON approvals WHEN NEW.open_to ->> 1 IS NOT NULL AND NEW.status = 'pending' BEGIN
  INSERT INTO further_audience (tenant_id, capacity, due_or_never, approval_id)
  SELECT NEW.tenant_id, value, NEW.due_or_never, NEW.id FROM json_each(NEW.open_to) WHERE key > 0;
END;
-- What is pending no more, or otherwise, is taken away: as many as there are roles one by one, because finding one by a list reads
-- three rows more.
CREATE TRIGGER approvals_audience_leave BEFORE UPDATE OF status, open_to, due_at ON approvals
WHEN OLD.open_to ->> 1 IS NOT NULL AND OLD.status = 'pending' AND (OLD.status, OLD.open_to, OLD.due_at) IS NOT (NEW.status, NEW.open_to, NEW.due_at) BEGIN
  DELETE FROM further_audience WHERE tenant_id = OLD.tenant_id AND capacity = OLD.open_to ->> 1
    AND due_or_never = OLD.due_or_never AND approval_id = OLD.id;
  DELETE FROM further_audience WHERE tenant_id = OLD.tenant_id AND capacity = OLD.open_to ->> 2
    AND due_or_never = OLD.due_or_never AND approval_id = OLD.id;
  DELETE FROM further_audience WHERE tenant_id = OLD.tenant_id AND capacity = OLD.open_to ->> 3
    AND due_or_never = OLD.due_or_never AND approval_id = OLD.id;
  DELETE FROM further_audience WHERE tenant_id = OLD.tenant_id AND capacity = OLD.open_to ->> 4
    AND due_or_never = OLD.due_or_never AND approval_id = OLD.id;
END;
CREATE TRIGGER approvals_audience_leave_many BEFORE UPDATE OF status, open_to, due_at ON approvals
WHEN json_array_length(OLD.open_to) > 5 AND OLD.status = 'pending' AND (OLD.status, OLD.open_to, OLD.due_at) IS NOT (NEW.status, NEW.open_to, NEW.due_at) BEGIN
  DELETE FROM further_audience WHERE tenant_id = OLD.tenant_id AND capacity IN (SELECT value FROM json_each(OLD.open_to) WHERE key > 4)
    AND due_or_never = OLD.due_or_never AND approval_id = OLD.id;
END;
CREATE TRIGGER approvals_audience_enter AFTER UPDATE OF status, open_to, due_at ON approvals
WHEN NEW.open_to ->> 1 IS NOT NULL AND NEW.status = 'pending' AND (OLD.status, OLD.open_to, OLD.due_at) IS NOT (NEW.status, NEW.open_to, NEW.due_at) BEGIN
  INSERT INTO further_audience (tenant_id, capacity, due_or_never, approval_id)
  SELECT NEW.tenant_id, value, NEW.due_or_never, NEW.id FROM json_each(NEW.open_to) WHERE key > 0;
END;

-- When the one who asked wants it decided: an amendment does not prolong that. `approved_details` are those that were approved, where
-- an approval has changed them.
ALTER TABLE requests ADD COLUMN expires_at INTEGER;
ALTER TABLE requests ADD COLUMN approved_details TEXT CHECK (json_type(approved_details) = 'object');

-- What the coordinator was when the batch was submitted (a JSON array of roles; NULL where they were nobody): what they have lost
-- since does not count any more.
ALTER TABLE batches ADD COLUMN coordinator_roles TEXT CHECK (json_valid(coordinator_roles));

-- What is restricted and governed: seen by whoever may vote on it. It is in this index or in that of what is not governed.
CREATE INDEX approvals_restricted_governed ON approvals (tenant_id, kind, status, created_at, id)
  WHERE restricted = 1 AND policy_version_id IS NOT NULL;

-- And how much of it there is under each version of a policy: 'version:<id>', and of those what somebody has asked for, or has sent
-- for somebody else, 'version-requester:<version>:<id>' and 'version-sender:<version>:<id>'.
CREATE TRIGGER approvals_tally_governed_insert AFTER INSERT ON approvals
WHEN NEW.restricted = 1 AND NEW.policy_version_id IS NOT NULL BEGIN
  INSERT INTO tallies (tenant_id, kind, facet, pending, approved, rejected, withdrawn, expired)
  SELECT NEW.tenant_id, NEW.kind, facet, NEW.status = 'pending', NEW.status = 'approved',
    NEW.status = 'rejected', NEW.status = 'withdrawn', NEW.status = 'expired'
  FROM (SELECT 'version:' || NEW.policy_version_id AS facet
    UNION ALL SELECT 'version-requester:' || NEW.policy_version_id || ':' || NEW.requester_id
    UNION ALL SELECT 'version-sender:' || NEW.policy_version_id || ':' || NEW.submitted_by)
  WHERE facet IS NOT NULL
  ON CONFLICT DO UPDATE SET
    pending = pending + excluded.pending,
    approved = approved + excluded.approved,
    rejected = rejected + excluded.rejected,
    withdrawn = withdrawn + excluded.withdrawn,
    expired = expired + excluded.expired;
END;
CREATE TRIGGER approvals_tally_governed_update AFTER UPDATE OF status ON approvals
WHEN OLD.status <> NEW.status AND NEW.restricted = 1 AND NEW.policy_version_id IS NOT NULL BEGIN
  INSERT INTO tallies (tenant_id, kind, facet) SELECT NEW.tenant_id, NEW.kind, 'version:' || NEW.policy_version_id WHERE 1
  ON CONFLICT DO UPDATE SET
    pending = pending + (NEW.status = 'pending') - (OLD.status = 'pending'),
    approved = approved + (NEW.status = 'approved') - (OLD.status = 'approved'),
    rejected = rejected + (NEW.status = 'rejected') - (OLD.status = 'rejected'),
    withdrawn = withdrawn + (NEW.status = 'withdrawn') - (OLD.status = 'withdrawn'),
    expired = expired + (NEW.status = 'expired') - (OLD.status = 'expired');
  INSERT INTO tallies (tenant_id, kind, facet) SELECT NEW.tenant_id, NEW.kind, 'version-requester:' || NEW.policy_version_id || ':' || NEW.requester_id WHERE 1
  ON CONFLICT DO UPDATE SET
    pending = pending + (NEW.status = 'pending') - (OLD.status = 'pending'),
    approved = approved + (NEW.status = 'approved') - (OLD.status = 'approved'),
    rejected = rejected + (NEW.status = 'rejected') - (OLD.status = 'rejected'),
    withdrawn = withdrawn + (NEW.status = 'withdrawn') - (OLD.status = 'withdrawn'),
    expired = expired + (NEW.status = 'expired') - (OLD.status = 'expired');
  INSERT INTO tallies (tenant_id, kind, facet) SELECT NEW.tenant_id, NEW.kind, 'version-sender:' || NEW.policy_version_id || ':' || NEW.submitted_by WHERE NEW.submitted_by IS NOT NULL
  ON CONFLICT DO UPDATE SET
    pending = pending + (NEW.status = 'pending') - (OLD.status = 'pending'),
    approved = approved + (NEW.status = 'approved') - (OLD.status = 'approved'),
    rejected = rejected + (NEW.status = 'rejected') - (OLD.status = 'rejected'),
    withdrawn = withdrawn + (NEW.status = 'withdrawn') - (OLD.status = 'withdrawn'),
    expired = expired + (NEW.status = 'expired') - (OLD.status = 'expired');
END;
-- An amendment may change both: whether it is restricted, and what governs it.
CREATE TRIGGER approvals_tally_governed_amended AFTER UPDATE OF restricted, policy_version_id ON approvals
WHEN (OLD.restricted, OLD.policy_version_id) IS NOT (NEW.restricted, NEW.policy_version_id) AND NEW.status = 'pending' BEGIN
  UPDATE tallies SET pending = pending - 1
  WHERE OLD.restricted = 1 AND tenant_id = OLD.tenant_id AND kind = OLD.kind AND facet IN ('version:' || OLD.policy_version_id,
    'version-requester:' || OLD.policy_version_id || ':' || OLD.requester_id, 'version-sender:' || OLD.policy_version_id || ':' || OLD.submitted_by);
  INSERT INTO tallies (tenant_id, kind, facet, pending)
  SELECT NEW.tenant_id, NEW.kind, facet, 1
  FROM (SELECT 'version:' || NEW.policy_version_id AS facet
    UNION ALL SELECT 'version-requester:' || NEW.policy_version_id || ':' || NEW.requester_id
    UNION ALL SELECT 'version-sender:' || NEW.policy_version_id || ':' || NEW.submitted_by)
  WHERE facet IS NOT NULL AND NEW.restricted = 1
  ON CONFLICT DO UPDATE SET pending = pending + 1;
END;

-- What becomes restricted with an amendment moves from one tally to the other.
CREATE TRIGGER approvals_tally_hidden AFTER UPDATE OF restricted ON approvals WHEN OLD.restricted = 0 AND NEW.restricted = 1 BEGIN
  UPDATE tallies SET pending = pending - 1 WHERE tenant_id = NEW.tenant_id AND kind = NEW.kind AND facet = '';
  INSERT INTO tallies (tenant_id, kind, facet, pending)
  SELECT NEW.tenant_id, NEW.kind, facet, 1
  FROM (SELECT 'restricted' AS facet UNION ALL SELECT 'restricted:requester:' || NEW.requester_id
    UNION ALL SELECT 'restricted:sender:' || NEW.submitted_by)
  WHERE facet IS NOT NULL
  ON CONFLICT DO UPDATE SET pending = pending + 1;
END;
