-- Results are listed by gate and by reference, newest first, also by status: for that they carry when they came and where
-- they stand, as their approval has it.
ALTER TABLE results ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE results ADD COLUMN status TEXT NOT NULL DEFAULT 'pending'
  CHECK (status IN ('pending', 'approved', 'rejected', 'withdrawn', 'expired'));
UPDATE results SET (created_at, status) = (SELECT created_at, status FROM approvals WHERE id = approval_id);
CREATE INDEX results_by_gate ON results (tenant_id, gate_id, created_at, approval_id);
CREATE INDEX results_by_gate_status ON results (tenant_id, gate_id, status, created_at, approval_id);
CREATE INDEX results_by_external_ref ON results (tenant_id, external_ref, created_at, approval_id) WHERE external_ref IS NOT NULL;
CREATE TRIGGER results_follow AFTER UPDATE OF status ON approvals WHEN NEW.kind = 'result' AND OLD.status <> NEW.status BEGIN
  UPDATE results SET status = NEW.status WHERE approval_id = NEW.id;
END;
