-- A family made up for the tests: days off that somebody asks for.
INSERT INTO kinds VALUES ('holiday');

CREATE TABLE holidays (
  approval_id TEXT PRIMARY KEY REFERENCES approvals(id),
  days INTEGER NOT NULL CHECK (days > 0)
) STRICT, WITHOUT ROWID;
