-- A history that proves itself: which events are sealed, the tree over them, and the two ways in which one may be touched.

-- How far a tenant's history is sealed. The first `size` events are the leaves of its Merkle tree (RFC 9162), whose hash is `root`
-- (base64); `checkpoint` says so signed. `step_id` is the step that has sealed last.
CREATE TABLE seals (
  tenant_id TEXT PRIMARY KEY,
  size INTEGER NOT NULL DEFAULT 0 CHECK (size >= 0),
  root TEXT NOT NULL,
  checkpoint TEXT,
  step_id TEXT,
  sealed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The tree in tiles of up to 256 hashes (base64, one after the other), as C2SP tlog-tiles has them. On level 0 they are those of
-- leaves, on the next level those of whole tiles of the one below. The last tile of a level grows; the others never change.
CREATE TABLE seal_tiles (
  tenant_id TEXT NOT NULL,
  level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 6),
  place INTEGER NOT NULL CHECK (place >= 0),
  hashes TEXT NOT NULL,
  PRIMARY KEY (tenant_id, level, place)
) STRICT, WITHOUT ROWID;

-- Where an event is, by its id. Whoever seals writes it, so that no writer pays for an index.
CREATE TABLE sealed_events (
  tenant_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, event_id)
) STRICT, WITHOUT ROWID;

-- Tenants that have events which are not sealed, and since when. The first that records something after a seal writes the row, the
-- others find it. A trigger on events would do, too, but makes SQLite copy what a statement appends, and read it once more.
CREATE TABLE unsealed_tenants (
  tenant_id TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Events whose data was erased: its salted hash (base64), which the leaf has, and what of the data stays, which is ids and numbers.
CREATE TABLE erased_events (
  tenant_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  data_hash TEXT NOT NULL CHECK (length(data_hash) = 44),
  kept TEXT NOT NULL CHECK (json_valid(kept)),
  erased_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, seq)
) STRICT, WITHOUT ROWID;

-- Tenants that are being deleted: their history may go. A row is there only while that takes.
CREATE TABLE ending_tenants (
  tenant_id TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The only change of an event is that its text and its salt go, after what they were sealed with was noted.
DROP TRIGGER events_never_change;
CREATE TRIGGER events_never_change BEFORE UPDATE ON events
WHEN (
  NEW.salt = '' AND NEW.data = (SELECT kept FROM erased_events x WHERE x.tenant_id = OLD.tenant_id AND x.seq = OLD.seq)
  AND NEW.tenant_id = OLD.tenant_id AND NEW.seq = OLD.seq AND NEW.id = OLD.id AND NEW.type = OLD.type
  AND NEW.resource_id = OLD.resource_id AND NEW.actor_id = OLD.actor_id AND NEW.at = OLD.at
  AND NEW.from_status IS OLD.from_status AND NEW.to_status = OLD.to_status AND NEW.digest IS OLD.digest
) IS NOT TRUE BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;
DROP TRIGGER events_never_go;
CREATE TRIGGER events_never_go BEFORE DELETE ON events
WHEN NOT EXISTS (SELECT 1 FROM ending_tenants x WHERE x.tenant_id = OLD.tenant_id) BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;
