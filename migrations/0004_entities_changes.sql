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

-- Gapless per entity, also across a deletion. What is inserted here is stored: see the triggers. `data` is NULL where the entity was deleted. `write_id` is the decision
-- that made the version, or the id of a direct write.
CREATE TABLE entity_versions (
  tenant_id TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  action TEXT NOT NULL CHECK ((action IN ('create', 'update', 'delete', 'set')) IS TRUE),
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
-- An entity is as of its last version.
CREATE TRIGGER entity_versions_stored AFTER INSERT ON entity_versions WHEN NEW.data IS NOT NULL BEGIN
  INSERT INTO entities (tenant_id, entity_type, entity_id, entity_name, data, version, updated_at, updated_by, approval_id)
  VALUES (NEW.tenant_id, NEW.entity_type, NEW.entity_id, NEW.entity_name, NEW.data, NEW.version, NEW.created_at, NEW.approved_by,
    NEW.approval_id)
  ON CONFLICT DO UPDATE SET entity_name = excluded.entity_name, data = excluded.data, version = excluded.version,
    updated_at = excluded.updated_at, updated_by = excluded.updated_by, approval_id = excluded.approval_id;
END;
CREATE TRIGGER entity_versions_deleted AFTER INSERT ON entity_versions WHEN NEW.data IS NULL BEGIN
  DELETE FROM entities WHERE tenant_id = NEW.tenant_id AND entity_type = NEW.entity_type AND entity_id = NEW.entity_id;
END;

CREATE TABLE changes (
  approval_id TEXT PRIMARY KEY REFERENCES approvals(id),
  tenant_id TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  entity_name TEXT NOT NULL,
  action TEXT NOT NULL CHECK ((action IN ('create', 'update', 'delete')) IS TRUE),
  payload TEXT CHECK (json_valid(payload)),
  requester_name TEXT NOT NULL,
  base_version INTEGER NOT NULL CHECK (base_version >= 0),
  applies INTEGER NOT NULL CHECK (applies IN (0, 1)),
  CHECK ((action = 'delete') OR payload IS NOT NULL)
) STRICT, WITHOUT ROWID;
