-- Webhooks: endpoints of a tenant, and what is delivered to them. The events are the queue: an endpoint has a place in
-- them, `taken_seq`, up to which its deliveries have been made. `until_seq` is where it was disabled: up to there they
-- are still made, and have failed. `version` moves with every change that a sender has to know of. One that is to
-- `include_restricted` is told of what is restricted in full, as of everything else.

CREATE TABLE webhook_endpoints (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  url TEXT NOT NULL,
  event_types TEXT NOT NULL CHECK (json_valid(event_types) AND json_type(event_types) = 'array'),
  description TEXT,
  include_restricted INTEGER NOT NULL DEFAULT 0 CHECK (include_restricted IN (0, 1)),
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  disabled_reason TEXT CHECK (disabled_reason IN ('by_admin', 'gone', 'deleted')),
  secret TEXT NOT NULL,
  taken_seq INTEGER NOT NULL,
  until_seq INTEGER,
  paused_until INTEGER,
  version INTEGER NOT NULL DEFAULT 1,
  old_secrets TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(old_secrets) AND json_type(old_secrets) = 'array'),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER,
  CHECK (enabled = (disabled_reason IS NULL)),
  CHECK (enabled = (until_seq IS NULL)),
  CHECK (deleted_at IS NULL OR NOT enabled)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_endpoints_by_tenant ON webhook_endpoints (tenant_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX webhook_endpoints_enabled ON webhook_endpoints (tenant_id, taken_seq) WHERE enabled = 1;
CREATE INDEX webhook_endpoints_deleted ON webhook_endpoints (deleted_at) WHERE deleted_at IS NOT NULL;

-- One event on its way to one endpoint. The id is made of both, so however often it is made it is one delivery.
-- `next_attempt_at` is 0 until the first attempt, which is made in the order of the events; NULL once it has ended.
-- `tries` counts the attempts since it was made, or replayed; `attempts` is the log of them.
CREATE TABLE webhook_deliveries (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints(id),
  event_seq INTEGER NOT NULL,
  event_type TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
  tries INTEGER NOT NULL DEFAULT 0,
  attempt_count INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER,
  attempts TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(attempts)),
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
  CHECK ((status = 'pending') = (finished_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_attempt_at, event_seq) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, created_at, id);
CREATE INDEX webhook_deliveries_by_status ON webhook_deliveries (endpoint_id, status, created_at, id);
CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (finished_at) WHERE finished_at IS NOT NULL;

-- Which single endpoint an event is for, too, whatever it asks for. `members` is what the delivery says beside the
-- event.
CREATE TABLE webhook_addressees (
  tenant_id TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  members TEXT NOT NULL CHECK (json_valid(members) AND json_type(members) = 'object'),
  PRIMARY KEY (tenant_id, resource_id, event_type, endpoint_id)
) STRICT, WITHOUT ROWID;
