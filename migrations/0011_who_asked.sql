-- Who really asked, started and reported, beside those in whose name it was done; and who follows a batch live.

-- Who sent what somebody else is the requester of; NULL where the requester did.
ALTER TABLE approvals ADD COLUMN submitted_by TEXT;
UPDATE approvals SET submitted_by = (
  SELECT nullif(e.actor_id, approvals.requester_id) FROM events e
  WHERE e.subject_id = approvals.id AND e.type = 'claim.submitted' LIMIT 1
) WHERE kind = 'claim';

-- Whose key cast a vote in the voter's name; NULL where it was the voter's own.
ALTER TABLE votes ADD COLUMN reported_by TEXT;

-- `started_by` is NULL where the clock started it. `amenders` is a JSON array, each user once.
ALTER TABLE batches ADD COLUMN started_by TEXT;
ALTER TABLE batches ADD COLUMN amenders TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(amenders));
UPDATE batches SET
  started_by = (
    SELECT e.actor_id FROM events e
    WHERE e.subject_id = batches.id AND e.type = 'batch.started' AND e.actor_id NOT LIKE 'system:%' LIMIT 1),
  amenders = (
    SELECT json_group_array(actor_id) FROM (
      SELECT DISTINCT e.actor_id FROM events e WHERE e.subject_id = batches.id AND e.type = 'batch.amended'));

-- A key holds only so many streams, whichever runners serve them. A row that outlives its stream counts until `ends_at`.
CREATE TABLE batch_followers (
  id TEXT PRIMARY KEY,
  batch_id TEXT NOT NULL REFERENCES batches(id),
  key_id TEXT NOT NULL,
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_followers_by_key ON batch_followers (key_id);
CREATE INDEX batch_followers_by_batch ON batch_followers (batch_id);
