-- Results are listed by gate and by reference, newest first. What a result is about is its gate: the subject of its
-- approval, by which there are indexes. By reference they are found through when they came.
ALTER TABLE results ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
UPDATE results SET created_at = (SELECT created_at FROM approvals WHERE id = approval_id);
CREATE INDEX results_by_external_ref ON results (tenant_id, external_ref, created_at, approval_id) WHERE external_ref IS NOT NULL;

UPDATE approvals SET subject_type = 'gate', subject_id = (SELECT gate_id FROM results WHERE approval_id = id) WHERE kind = 'result';
INSERT INTO tallies (tenant_id, kind, facet, pending, approved, rejected, withdrawn, expired)
SELECT tenant_id, kind, 'subject:' || subject_id, sum(status = 'pending'), sum(status = 'approved'), sum(status = 'rejected'),
  sum(status = 'withdrawn'), sum(status = 'expired')
FROM approvals WHERE kind = 'result' GROUP BY tenant_id, subject_id;
