-- An Idempotency-Key is its user's own: the same key of somebody else's is another. Where a key is the tenant's, whoever
-- sends it, the user is ''; keys from before this migration count as such.
CREATE TABLE idempotency_keys_of_users (
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL DEFAULT '',
  path TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  answer TEXT NOT NULL CHECK (json_valid(answer)),
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id, path, key)
) STRICT;
INSERT INTO idempotency_keys_of_users (tenant_id, path, key, fingerprint, answer, expires_at)
SELECT tenant_id, path, key, fingerprint, answer, expires_at FROM idempotency_keys;
DROP TABLE idempotency_keys;
ALTER TABLE idempotency_keys_of_users RENAME TO idempotency_keys;
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

-- What is found by another tenant's id is found by tenant as well, so that not even the rows read tell that it exists.
DROP INDEX approvals_by_decision;
CREATE INDEX approvals_by_decision ON approvals (decision_id, tenant_id, created_at, id) WHERE decision_id IS NOT NULL;
DROP INDEX check_results_by_result;
CREATE INDEX check_results_by_result ON check_results (result_id, tenant_id, position);
