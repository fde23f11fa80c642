-- The core: approvals, votes, history, tallies.

-- What an approval may be. Each family adds its own in its migration.
CREATE TABLE kinds (
  kind TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- What it takes to decide, as it was at one time: never changed. `body` is a JSON object.
CREATE TABLE policy_versions (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  policy_id TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  body TEXT NOT NULL CHECK (json_valid(body) AND json_type(body) = 'object'),
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  UNIQUE (policy_id, version)
) STRICT, WITHOUT ROWID;

-- Every approval's life, whatever its family. A family's table holds the facts of what is being approved, 1:1 by id.
-- The subject is what or whom it is about, where a family lists by that: an entity, a customer, a gate; `type` is the
-- tenant's own word for what is asked, where a family has such. `submitted_by` is who sent what somebody else is the requester
-- of; NULL where the requester did. Without a policy version, what its kind takes. `revision` counts the questions asked (1,
-- and one for each amendment), `digest` is that of the present one; `version` counts every change of the row. `decision_id` is
-- the decision that last touched the row, `bulk_id` the bulk decision that has approved it together with others. `event_seq` is where
-- in the history the last vote, or the withdrawal, is told.
-- `votes_needed` is up to ten of a policy's stages, and where somebody has the last word theirs.
-- `due_or_never` orders by the end, and what has none comes last.
-- `instance_id` is the agent instance that it was asked through, if any. A restricted one is seen by who asked, by who may
-- decide, and by admins.
-- A list of more than two is asked whether something in it IS TRUE: else SQLite also looks in it for a NULL, and counts a row read.
CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  kind TEXT NOT NULL REFERENCES kinds(kind),
  status TEXT NOT NULL CHECK ((status IN ('pending', 'approved', 'rejected', 'withdrawn', 'expired')) IS TRUE),
  type TEXT,
  title TEXT NOT NULL,
  requester_id TEXT NOT NULL,
  subject_type TEXT,
  subject_id TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  due_at INTEGER,
  due_or_never INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(due_at, 9007199254740991)) VIRTUAL,
  on_due TEXT CHECK (on_due IS NULL OR (on_due IN ('expire', 'approve', 'reject')) IS TRUE),
  policy_version_id TEXT REFERENCES policy_versions(id),
  votes_needed INTEGER NOT NULL CHECK (votes_needed BETWEEN 1 AND 11),
  votes_for INTEGER NOT NULL DEFAULT 0 CHECK (votes_for >= 0),
  revision INTEGER NOT NULL DEFAULT 1 CHECK (revision > 0),
  version INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  decision_id TEXT,
  event_seq INTEGER,
  bulk_id TEXT,
  decided_by TEXT,
  decided_at INTEGER,
  comment TEXT,
  submitted_by TEXT,
  instance_id TEXT,
  restricted INTEGER NOT NULL DEFAULT 0 CHECK (restricted IN (0, 1)),
  CHECK ((subject_type IS NULL) = (subject_id IS NULL)),
  CHECK ((due_at IS NULL) = (on_due IS NULL)),
  CHECK ((status = 'pending') = (decided_at IS NULL)),
  CHECK ((decided_at IS NULL) = (decided_by IS NULL))
) STRICT, WITHOUT ROWID;
-- An index of a list has the status before the order: a list of all statuses merges them, so that no index without the status
-- costs a write. A family that lists by requester, by type or by that of the subject has an index of its own for it, in its migration.
-- What is restricted is in none of them: whoever does not see it does not read past it either.
CREATE INDEX approvals_by_kind ON approvals (tenant_id, kind, status, created_at, id) WHERE restricted = 0;
-- By kind too, because two families may be about things of one name: an entity may be called as a gate is.
CREATE INDEX approvals_by_subject ON approvals (tenant_id, kind, subject_id, status, created_at, id)
  WHERE subject_id IS NOT NULL AND restricted = 0;
-- By tenant too, so that not even the rows read tell that another tenant's bulk decision exists.
CREATE INDEX approvals_by_bulk ON approvals (bulk_id, tenant_id, created_at, id) WHERE bulk_id IS NOT NULL;
-- Sweeps look for one outcome each.
CREATE INDEX approvals_due ON approvals (on_due, due_at) WHERE status = 'pending' AND due_at IS NOT NULL AND restricted = 0;
-- The dashboard lists over all kinds.
CREATE INDEX approvals_by_tenant ON approvals (tenant_id, status, created_at, id) WHERE restricted = 0;

-- What is restricted has indexes of its own: for who sees all of a kind that no policy governs, and for who has asked, or has sent it for them.
CREATE INDEX approvals_restricted_by_kind ON approvals (tenant_id, kind, status, created_at, id)
  WHERE restricted = 1 AND policy_version_id IS NULL;
CREATE INDEX approvals_restricted_by_subject ON approvals (tenant_id, kind, subject_id, status, created_at, id)
  WHERE subject_id IS NOT NULL AND restricted = 1;
CREATE INDEX approvals_restricted_by_requester ON approvals (tenant_id, requester_id, kind, status, created_at, id) WHERE restricted = 1;
CREATE INDEX approvals_restricted_by_sender ON approvals (tenant_id, submitted_by, kind, status, created_at, id)
  WHERE submitted_by IS NOT NULL AND restricted = 1;
CREATE INDEX approvals_restricted_due ON approvals (on_due, due_at) WHERE status = 'pending' AND due_at IS NOT NULL AND restricted = 1;

-- What is decided stays so; only what was approved may become pending again.
CREATE TRIGGER approvals_moves BEFORE UPDATE OF status ON approvals
WHEN OLD.status <> NEW.status AND OLD.status <> 'pending' AND NOT (OLD.status = 'approved' AND NEW.status = 'pending') BEGIN
  SELECT RAISE(ABORT, 'an approval does not move so');
END;

-- What an approval asked before it was amended, by the digest that its events of that time have: what they tell stays told.
CREATE TABLE superseded_questions (
  approval_id TEXT NOT NULL REFERENCES approvals(id),
  digest TEXT NOT NULL,
  title TEXT NOT NULL,
  subject_type TEXT,
  subject_id TEXT,
  PRIMARY KEY (approval_id, digest)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER approvals_superseded AFTER UPDATE OF digest ON approvals WHEN OLD.digest <> NEW.digest BEGIN
  INSERT INTO superseded_questions (approval_id, digest, title, subject_type, subject_id)
  VALUES (OLD.id, OLD.digest, OLD.title, OLD.subject_type, OLD.subject_id);
END;

-- One person has one standing vote on a question: `voided_at` is 0 while it stands, else when it ceased to, and a voided one
-- does not count. `stage` and `requirement` are those of the policy that it was recorded for, from 0; `counted_with` is a
-- JSON object of the `groups` and `roles` that the voter had. `reported_by` is whose key cast it in the voter's name, NULL
-- where it was the voter's own; `on_behalf_of` is whom the voter stood in for.
CREATE TABLE votes (
  approval_id TEXT NOT NULL REFERENCES approvals(id),
  revision INTEGER NOT NULL,
  voter_id TEXT NOT NULL,
  voided_at INTEGER NOT NULL DEFAULT 0,
  vote TEXT NOT NULL CHECK (vote IN ('approve', 'reject')),
  decision_id TEXT NOT NULL,
  stage INTEGER NOT NULL DEFAULT 0,
  requirement INTEGER NOT NULL DEFAULT 0,
  counted_with TEXT NOT NULL CHECK (json_valid(counted_with)),
  comment TEXT,
  voted_at INTEGER NOT NULL,
  reported_by TEXT,
  on_behalf_of TEXT,
  PRIMARY KEY (approval_id, revision, voter_id, voided_at)
) STRICT, WITHOUT ROWID;

-- Append-only: who did what to what, and when. `seq` is the order of commit, counted in each tenant from 1 without a gap.
-- `resource_id` is what it happened to: an approval, a batch, an entity, an endpoint. `digest` is the approval's then. `salt`
-- (hexadecimal) goes with `data` into what is sealed, so that it cannot be guessed from its seal.
CREATE TABLE events (
  tenant_id TEXT NOT NULL,
  seq INTEGER NOT NULL CHECK (seq > 0),
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  from_status TEXT,
  to_status TEXT NOT NULL,
  digest TEXT,
  data TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(data)),
  salt TEXT NOT NULL,
  PRIMARY KEY (tenant_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_by_resource ON events (tenant_id, resource_id, seq);
CREATE TRIGGER events_never_change BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_never_go BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

-- How many approvals a list has, kept by triggers so that no total is ever counted. `facet` is '' for all of a kind, else
-- 'requester:<id>' or 'subject:<id>': a family whose lists tell such a total has triggers of its own for it. What is
-- restricted is in none of these, but in 'restricted' and 'restricted:requester:<id>', and in 'restricted:sender:<id>' where
-- somebody else has sent it.
CREATE TABLE tallies (
  tenant_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  facet TEXT NOT NULL,
  pending INTEGER NOT NULL DEFAULT 0 CHECK (pending >= 0),
  approved INTEGER NOT NULL DEFAULT 0 CHECK (approved >= 0),
  rejected INTEGER NOT NULL DEFAULT 0 CHECK (rejected >= 0),
  withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn >= 0),
  expired INTEGER NOT NULL DEFAULT 0 CHECK (expired >= 0),
  PRIMARY KEY (tenant_id, kind, facet)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER approvals_tally_insert AFTER INSERT ON approvals WHEN NEW.restricted = 0 BEGIN
  INSERT INTO tallies (tenant_id, kind, facet, pending, approved, rejected, withdrawn, expired)
  VALUES (NEW.tenant_id, NEW.kind, '', NEW.status = 'pending', NEW.status = 'approved',
    NEW.status = 'rejected', NEW.status = 'withdrawn', NEW.status = 'expired')
  ON CONFLICT DO UPDATE SET
    pending = pending + excluded.pending,
    approved = approved + excluded.approved,
    rejected = rejected + excluded.rejected,
    withdrawn = withdrawn + excluded.withdrawn,
    expired = expired + excluded.expired;
END;

-- The row is there; an upsert of it is how SQLite changes a row by key without reading it first.
CREATE TRIGGER approvals_tally_update AFTER UPDATE OF status ON approvals WHEN OLD.status <> NEW.status AND NEW.restricted = 0 BEGIN
  INSERT INTO tallies (tenant_id, kind, facet)
  VALUES (NEW.tenant_id, NEW.kind, '')
  ON CONFLICT DO UPDATE SET
    pending = pending + (NEW.status = 'pending') - (OLD.status = 'pending'),
    approved = approved + (NEW.status = 'approved') - (OLD.status = 'approved'),
    rejected = rejected + (NEW.status = 'rejected') - (OLD.status = 'rejected'),
    withdrawn = withdrawn + (NEW.status = 'withdrawn') - (OLD.status = 'withdrawn'),
    expired = expired + (NEW.status = 'expired') - (OLD.status = 'expired');
END;

CREATE TRIGGER approvals_tally_restricted_insert AFTER INSERT ON approvals WHEN NEW.restricted = 1 BEGIN
  INSERT INTO tallies (tenant_id, kind, facet, pending, approved, rejected, withdrawn, expired)
  SELECT NEW.tenant_id, NEW.kind, facet, NEW.status = 'pending', NEW.status = 'approved',
    NEW.status = 'rejected', NEW.status = 'withdrawn', NEW.status = 'expired'
  FROM (SELECT 'restricted' AS facet UNION ALL SELECT 'restricted:requester:' || NEW.requester_id
    UNION ALL SELECT 'restricted:sender:' || NEW.submitted_by)
  WHERE facet IS NOT NULL
  ON CONFLICT DO UPDATE SET
    pending = pending + excluded.pending,
    approved = approved + excluded.approved,
    rejected = rejected + excluded.rejected,
    withdrawn = withdrawn + excluded.withdrawn,
    expired = expired + excluded.expired;
END;

CREATE TRIGGER approvals_tally_restricted_update AFTER UPDATE OF status ON approvals
WHEN OLD.status <> NEW.status AND NEW.restricted = 1 BEGIN
  INSERT INTO tallies (tenant_id, kind, facet) SELECT NEW.tenant_id, NEW.kind, 'restricted' WHERE 1
  ON CONFLICT DO UPDATE SET
    pending = pending + (NEW.status = 'pending') - (OLD.status = 'pending'),
    approved = approved + (NEW.status = 'approved') - (OLD.status = 'approved'),
    rejected = rejected + (NEW.status = 'rejected') - (OLD.status = 'rejected'),
    withdrawn = withdrawn + (NEW.status = 'withdrawn') - (OLD.status = 'withdrawn'),
    expired = expired + (NEW.status = 'expired') - (OLD.status = 'expired');
  INSERT INTO tallies (tenant_id, kind, facet) SELECT NEW.tenant_id, NEW.kind, 'restricted:requester:' || NEW.requester_id WHERE 1
  ON CONFLICT DO UPDATE SET
    pending = pending + (NEW.status = 'pending') - (OLD.status = 'pending'),
    approved = approved + (NEW.status = 'approved') - (OLD.status = 'approved'),
    rejected = rejected + (NEW.status = 'rejected') - (OLD.status = 'rejected'),
    withdrawn = withdrawn + (NEW.status = 'withdrawn') - (OLD.status = 'withdrawn'),
    expired = expired + (NEW.status = 'expired') - (OLD.status = 'expired');
  INSERT INTO tallies (tenant_id, kind, facet) SELECT NEW.tenant_id, NEW.kind, 'restricted:sender:' || NEW.submitted_by WHERE NEW.submitted_by IS NOT NULL
  ON CONFLICT DO UPDATE SET
    pending = pending + (NEW.status = 'pending') - (OLD.status = 'pending'),
    approved = approved + (NEW.status = 'approved') - (OLD.status = 'approved'),
    rejected = rejected + (NEW.status = 'rejected') - (OLD.status = 'rejected'),
    withdrawn = withdrawn + (NEW.status = 'withdrawn') - (OLD.status = 'withdrawn'),
    expired = expired + (NEW.status = 'expired') - (OLD.status = 'expired');
END;
