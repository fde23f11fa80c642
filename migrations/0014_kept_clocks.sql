-- The earliest clock that only expires or rejects, where a policy's own would approve before it: an amendment does not prolong it.
ALTER TABLE approvals ADD COLUMN kept_due_at INTEGER;
ALTER TABLE approvals ADD COLUMN kept_on_due TEXT CHECK (kept_on_due IN ('expire', 'reject'));
