-- Whether the people there are can fulfil a policy.

-- A few people of each role, without reading past the others. Who has a role has it for sure: names of roles have no quotes in them.
CREATE INDEX people_who_are_members ON people (tenant_id, id) WHERE disabled = 0 AND instr(roles, '"member"');
CREATE INDEX people_who_are_coordinators ON people (tenant_id, id) WHERE disabled = 0 AND instr(roles, '"coordinator"');
CREATE INDEX people_who_are_reviewers ON people (tenant_id, id) WHERE disabled = 0 AND instr(roles, '"reviewer"');
CREATE INDEX people_who_are_admins ON people (tenant_id, id) WHERE disabled = 0 AND instr(roles, '"admin"');
CREATE INDEX people_who_are_services ON people (tenant_id, id) WHERE disabled = 0 AND instr(roles, '"service"');

-- Tenants with policies whose people or groups have changed since it was last looked whether those can be fulfilled, and when:
-- cron looks again. A group changes with its members' rows.
CREATE TABLE unchecked_policies (
  tenant_id TEXT PRIMARY KEY,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER people_uncheck_policies_insert AFTER INSERT ON people
WHEN EXISTS (SELECT 1 FROM policy_books WHERE tenant_id = NEW.tenant_id) BEGIN
  INSERT INTO unchecked_policies (tenant_id, changed_at) VALUES (NEW.tenant_id, NEW.updated_at)
  ON CONFLICT DO UPDATE SET changed_at = excluded.changed_at WHERE changed_at <> excluded.changed_at;
END;
CREATE TRIGGER people_uncheck_policies_update AFTER UPDATE OF roles, groups, disabled ON people
WHEN (OLD.roles, OLD.groups, OLD.disabled) IS NOT (NEW.roles, NEW.groups, NEW.disabled)
  AND EXISTS (SELECT 1 FROM policy_books WHERE tenant_id = NEW.tenant_id) BEGIN
  INSERT INTO unchecked_policies (tenant_id, changed_at) VALUES (NEW.tenant_id, NEW.updated_at)
  ON CONFLICT DO UPDATE SET changed_at = excluded.changed_at WHERE changed_at <> excluded.changed_at;
END;
