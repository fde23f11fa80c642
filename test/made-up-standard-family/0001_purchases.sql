-- A standard family made up for the tests: things that somebody wants to buy.
INSERT INTO kinds VALUES ('purchase');

CREATE INDEX approvals_of_purchase_by_requester ON approvals (tenant_id, requester_id, status, created_at, id)
  WHERE kind = 'purchase' AND restricted = 0;
CREATE INDEX approvals_of_purchase_by_type ON approvals (tenant_id, type, status, created_at, id) WHERE kind = 'purchase' AND restricted = 0;
CREATE INDEX approvals_restricted_of_purchase_by_type ON approvals (tenant_id, type, status, created_at, id)
  WHERE kind = 'purchase' AND restricted = 1;
CREATE INDEX approvals_of_purchase_by_instance ON approvals (tenant_id, instance_id, status, created_at, id)
  WHERE kind = 'purchase' AND instance_id IS NOT NULL;
