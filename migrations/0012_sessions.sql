-- The desk: sessions of people who are signed in, and the indexes of its lists.

-- Of the directory. Only the SHA-256 of a session's secret is kept. It is good as long as whatever opened it is: the API key of
-- this hash; or, without one, a person who has signed in with a token. Of their roles those count then that it said (JSON), or
-- all where roles are not for tokens to say.
CREATE TABLE sessions (
  hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
  tenant_id TEXT NOT NULL REFERENCES tenants(id),
  person_id TEXT NOT NULL,
  key_hash TEXT,
  roles TEXT CHECK (roles IS NULL OR key_hash IS NULL),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- What waits without a policy, nearest to its end first; what has none comes last. Few are restricted: those are looked through.
CREATE INDEX approvals_waiting ON approvals (tenant_id, kind, due_or_never, id)
  WHERE status = 'pending' AND policy_version_id IS NULL AND restricted = 0;
-- A list over all kinds merges what is pending of each: asking then writes no more than without the index above.
DROP INDEX approvals_by_tenant;
CREATE INDEX approvals_by_tenant ON approvals (tenant_id, status, created_at, id) WHERE restricted = 0 AND status <> 'pending';
