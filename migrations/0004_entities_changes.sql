-- The changes family: stored entities, every version of them, and the requests to change them.

INSERT INTO kinds VALUES ('change');

-- Lists of what one requester asked for, and of changes to entities of one type.
CREATE INDEX approvals_of_change_by_requester ON approvals (tenant_id, requester_id, status, created_at, id)
  WHERE kind = 'change' AND restricted = 0;
CREATE INDEX approvals_of_change_by_subject_type ON approvals (tenant_id, subject_type, status, created_at, id)
  WHERE kind = 'change' AND restricted = 0;

CREATE TABLE entities (
  tenant_id TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  entity_name TEXT NOT NULL,
  data TEXT NOT NULL CHECK (json_valid(data)),
  version INTEGER NOT NULL CHECK (version > 0),
  updated_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL,
  approval_id TEXT REFERENCES approvals(id),
  PRIMARY KEY (tenant_id, entity_type, entity_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX entities_by_type ON entities (tenant_id, entity_type, updated_at, entity_id);

-- Gapless per entity, also across a deletion. `data` is NULL where the entity was deleted. `write_id` is the decision
-- that made the version, or the id of a direct write.
CREATE TABLE entity_versions (
  tenant_id TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  action TEXT NOT NULL CHECK (action IN ('create', 'update', 'delete', 'set')),
  entity_name TEXT NOT NULL,
  data TEXT CHECK (json_valid(data)),
  requested_by TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  approval_id TEXT REFERENCES approvals(id),
  write_id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, entity_type, entity_id, version),
  CHECK ((action = 'delete') = (data IS NULL)),
  CHECK ((action = 'set') = (approval_id IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE changes (
  approval_id TEXT PRIMARY KEY REFERENCES approvals(id),
  tenant_id TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  entity_name TEXT NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('create', 'update', 'delete')),
  payload TEXT CHECK (json_valid(payload)),
  requester_name TEXT NOT NULL,
  base_version INTEGER NOT NULL CHECK (base_version >= 0),
  applies INTEGER NOT NULL CHECK (applies IN (0, 1)),
  CHECK ((action = 'delete') OR payload IS NOT NULL)
) STRICT, WITHOUT ROWID;
