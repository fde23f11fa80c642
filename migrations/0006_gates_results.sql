-- The structuring family: results that are checked by gates, and wait for a person, or for the clock, where they fail.

INSERT INTO kinds VALUES ('result');

CREATE TABLE checks (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  type TEXT NOT NULL CHECK (type IN ('value_range', 'field_format', 'required_field', 'allowed_values', 'cross_field', 'json_schema', 'reported')),
  severity TEXT NOT NULL CHECK (severity IN ('warning', 'error')),
  config TEXT NOT NULL CHECK (json_valid(config)),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  sort_order INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX checks_by_tenant ON checks (tenant_id, created_at, id) WHERE deleted_at IS NULL;

CREATE TABLE gates (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  check_ids TEXT NOT NULL CHECK (json_valid(check_ids) AND json_type(check_ids) = 'array'),
  on_approve TEXT NOT NULL CHECK (json_valid(on_approve)),
  on_reject TEXT NOT NULL CHECK (json_valid(on_reject)),
  auto_approve_after_hours INTEGER CHECK (auto_approve_after_hours BETWEEN 1 AND 8760),
  queue_warnings INTEGER NOT NULL CHECK (queue_warnings IN (0, 1)),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX gates_by_tenant ON gates (tenant_id, created_at, id) WHERE deleted_at IS NULL;

CREATE TABLE gate_rules (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  gate_id TEXT NOT NULL REFERENCES gates(id),
  type TEXT NOT NULL CHECK (type IN ('min_confidence', 'validation_pass_rate', 'field_coverage')),
  config TEXT NOT NULL CHECK (json_valid(config)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX gate_rules_by_gate ON gate_rules (gate_id, created_at, id);

-- Moves whenever a check, a gate or a rule of the tenant does: a result is stored only if it was judged by what is
-- valid then.
CREATE TABLE gate_revisions (
  tenant_id TEXT PRIMARY KEY,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER checks_revised_insert AFTER INSERT ON checks BEGIN
  INSERT INTO gate_revisions VALUES (NEW.tenant_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER checks_revised_update AFTER UPDATE ON checks BEGIN
  INSERT INTO gate_revisions VALUES (NEW.tenant_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER gates_revised_insert AFTER INSERT ON gates BEGIN
  INSERT INTO gate_revisions VALUES (NEW.tenant_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER gates_revised_update AFTER UPDATE ON gates BEGIN
  INSERT INTO gate_revisions VALUES (NEW.tenant_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER gate_rules_revised_insert AFTER INSERT ON gate_rules BEGIN
  INSERT INTO gate_revisions VALUES (NEW.tenant_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER gate_rules_revised_update AFTER UPDATE ON gate_rules BEGIN
  INSERT INTO gate_revisions VALUES (NEW.tenant_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER gate_rules_revised_delete AFTER DELETE ON gate_rules BEGIN
  INSERT INTO gate_revisions VALUES (OLD.tenant_id, 1) ON CONFLICT DO UPDATE SET revision = revision + 1;
END;

-- `created_at` is that of the approval: by reference, results are listed newest first.
CREATE TABLE results (
  approval_id TEXT PRIMARY KEY REFERENCES approvals(id),
  tenant_id TEXT NOT NULL,
  gate_id TEXT NOT NULL REFERENCES gates(id),
  data TEXT NOT NULL CHECK (json_valid(data)),
  confidence REAL CHECK (confidence BETWEEN 0 AND 1),
  external_ref TEXT,
  queued_items INTEGER NOT NULL CHECK (queued_items >= 0),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX results_by_external_ref ON results (tenant_id, external_ref, created_at, approval_id) WHERE external_ref IS NOT NULL;

-- What each check and each rule of the gate said of a result, with its name and severity as they were then. `queued`
-- ones wait for the decision, which clears them.
CREATE TABLE check_results (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  result_id TEXT NOT NULL REFERENCES results(approval_id),
  gate_id TEXT NOT NULL,
  check_id TEXT NOT NULL,
  check_name TEXT NOT NULL,
  type TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('warning', 'error')),
  passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
  queued INTEGER NOT NULL CHECK (queued IN (0, 1)),
  details TEXT CHECK (json_valid(details)),
  position INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  cleared_at INTEGER,
  PRIMARY KEY (result_id, tenant_id, position),
  CHECK (NOT (passed AND queued)),
  CHECK (queued OR cleared_at IS NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX check_results_by_id ON check_results (id, tenant_id);
-- A list of both severities merges them.
CREATE INDEX check_results_pending ON check_results (tenant_id, severity, created_at, id) WHERE queued = 1 AND cleared_at IS NULL;
CREATE INDEX check_results_pending_by_gate ON check_results (tenant_id, gate_id, severity, created_at, id) WHERE queued = 1 AND cleared_at IS NULL;

-- Whoever decides a result clears its items. The unary plus has them found by their key.
CREATE TRIGGER check_results_cleared AFTER UPDATE OF status ON approvals
WHEN NEW.kind = 'result' AND OLD.status = 'pending' AND NEW.status <> 'pending' BEGIN
  UPDATE check_results SET cleared_at = NEW.decided_at
  WHERE result_id = NEW.id AND tenant_id = NEW.tenant_id AND +queued = 1 AND +cleared_at IS NULL;
END;
