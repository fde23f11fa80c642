import { sql } from '../../../src/db/sql.ts'
import { groups, people } from '../../../src/access/access.table.ts'
import * as access from '../../../src/access/access.store.ts'
import * as capable from '../../../src/access/capable.store.ts'
import * as group from '../../../src/access/groups.store.ts'
import * as key from '../../../src/access/keys.store.ts'
import * as admin from '../../../src/access/last-admin.store.ts'
import * as person from '../../../src/access/people.store.ts'
import * as standing from '../../../src/access/standing.store.ts'
import * as tenant from '../../../src/access/tenants.store.ts'
import { recordFound } from '../../../src/approvals/history.store.ts'
import { statuses } from '../../../src/approvals/states.ts'
import * as policy from '../../../src/approvals/policies.store.ts'
import { policies, policyVersions } from '../../../src/approvals/policies.table.ts'
import * as dashboard from '../../../src/dashboard/dashboard.store.ts'
import { families } from '../../../src/families.ts'
import * as simulate from '../../../src/policies/simulate.store.ts'
import * as idempotency from '../../../src/idempotency/idempotency.store.ts'
import { ctx, firstPage, gives, holds, laterPage, returns, rowOf, type Samples } from './sample.ts'

const used = { key: 'k', userId: 'usr_x', path: '/x', fingerprint: 'f', replayed: false }
const filters = [undefined, ...statuses].flatMap((status) =>
  [{}, { kind: 'claim' as const }, { customerId: 'c' }, { customerId: 'c', kind: 'intent' as const }].map((filter) => ({
    ...filter,
    ...(status && { status }),
  })),
)
const someone = { ...rowOf(people), roles: '["admin"]', groups: '["g"]' }
const some = { ...rowOf(groups), member_ids: '["p"]' }
const moves = { joined: ['x'], left: ['y'] }
const known = { issuer: 'https://id.example', subject: 's', forgotten: 'sha256:x' }
const personColumns =
  'id name email kind roles groups disabled version write_id created_at updated_at deleted_at issuer subject claimed_at'
const groupColumns = 'id name member_ids version write_id created_at updated_at deleted_at filled_by_oidc'
const keyColumns = 'id person_id name roles instance_id created_at created_by expires_at revoked_at last_used_on'
const holderColumns =
  'key_id key_name expires_at instance_id id name email kind groups issuer subject tenant_id tenant_name time_zone'
const aKey = {
  id: 'k',
  person_id: 'p',
  name: 'x',
  roles: '["admin"]',
  instance_id: null,
  created_at: 1,
  created_by: 'p',
  expires_at: null,
  revoked_at: null,
  last_used_on: null,
}
const pages = [firstPage, laterPage]
const aPolicy = { ...rowOf(policies), body: '{}', body_version: 1 }
const policyColumns =
  'id name priority version_id infeasible version write_id created_at updated_at deleted_at body body_version'
const listed = 'id kind status title requester created_at due_at on_due decided_at decided_by family'

/** What the stores build that belong to no family. */
export const samples: Samples = {
  'access/access.store.ts': {
    selectKey: returns(
      access.selectKey(ctx.db, 'h'),
      'id tenant_id person_id person_name roles person_roles person_groups instance_id created_by expires_at revoked_at last_used_on',
    ),
    userName: gives(access.userName(sql`a.tenant_id`, sql`a.decided_by`), 'approvals a'),
    selectNames: returns(access.selectNames(ctx.db, 't', sql`SELECT 'p'`), 'id name'),
    selectPersonNow: returns(access.selectPersonNow(ctx.db, 't', 'p'), 'name roles groups'),
    selectUnrevoked: returns(access.selectUnrevoked(ctx.db, ['k']), 'id expires_at'),
    noteDay: access.noteDay(ctx.db, 'k', '2026-03-16'),
  },
  'access/standing.store.ts': {
    personNow: {
      statement: { query: sql`SELECT * FROM ${standing.personNow(sql`'t'`, sql`'u'`)}` },
      columns: ['has_roles', 'in_groups'],
    },
    selectGroupsOf: returns(standing.selectGroupsOf(ctx, ['u']), 'id groups'),
  },
  'access/last-admin.store.ts': {
    keepsAnAdminKey: holds(admin.keepsAnAdminKey(ctx, admin.keyCalled('k'))),
    keysOf: holds(admin.keysOf('p'), 'api_keys k'),
    keyCalled: holds(admin.keyCalled('k'), 'api_keys k'),
  },
  'access/tenants.store.ts': {
    madeAt: gives(tenant.madeAt(sql`'t'`)),
    insertTenant: tenant.insertTenant(ctx),
    selectTenant: returns(tenant.selectTenant(ctx), 'id'),
    updateTimeZone: returns(tenant.updateTimeZone(ctx, 'Europe/Zurich'), 'id'),
    selectTenants: [undefined, 'k'].map((key) => returns(tenant.selectTenants(ctx, key), 'id')),
  },
  'access/people.store.ts': {
    insertPerson: person.insertPerson(ctx, someone),
    forgetPerson: [person.forgetPerson(ctx, 'usr_y', null), person.forgetPerson(ctx, 'usr_y', known)],
    selectKnownAs: returns(person.selectKnownAs(ctx, 'usr_y'), 'issuer subject'),
    selectWhetherStored: returns(person.selectWhetherStored(ctx, 'usr_y'), 'found'),
    updatePerson: [true, false].map((loses) => person.updatePerson(ctx, someone, someone, ['g'], loses)),
    updateSubject: person.updateSubject(ctx, { id: 'p', write_id: 'w' }, known),
    wrotePerson: holds(person.wrotePerson(ctx, someone)),
    roomyPeople: [holds(person.roomyPeople(ctx, ['p'])), holds(person.roomyPeople(ctx, []))],
    selectKnownPeople: returns(person.selectKnownPeople(ctx, ['p']), 'id groups'),
    regroupPeople: person.regroupPeople(ctx, 'g', moves, sql`1`),
    selectPerson: returns(person.selectPerson(ctx, 'p'), personColumns),
    selectSubject: returns(person.selectSubject(ctx, known), personColumns),
    selectEnabled: returns(person.selectEnabled(ctx, ['p']), 'id'),
    groupsOfSubject: gives(person.groupsOfSubject(ctx, known)),
    selectPeople: pages.map((page) => returns(person.selectPeople(ctx, page), personColumns)),
  },
  'access/groups.store.ts': {
    insertGroup: group.insertGroup(ctx, some, sql`1`),
    updateGroup: group.updateGroup(ctx, some, some, sql`1`),
    wroteGroup: holds(group.wroteGroup(ctx, some)),
    roomyGroups: [holds(group.roomyGroups(ctx, ['g'])), holds(group.roomyGroups(ctx, []))],
    selectKnownGroups: returns(group.selectKnownGroups(ctx, ['g']), 'id members'),
    selectGroupNames: returns(group.selectGroupNames(ctx, sql`SELECT 'h'`), 'id name'),
    selectGroupsNamed: returns(group.selectGroupsNamed(ctx, ['g']), 'id name'),
    selectFilledGroups: returns(group.selectFilledGroups(ctx, ['g'], sql`SELECT 'h'`), 'id members'),
    regroupPerson: group.regroupPerson(ctx, 'p', moves, sql`1`),
    selectGroup: returns(group.selectGroup(ctx, 'g'), groupColumns),
    selectGroups: pages.map((page) => returns(group.selectGroups(ctx, page), groupColumns)),
  },
  'access/keys.store.ts': {
    insertKey: key.insertKey(ctx, aKey, 'h'),
    isStoredKey: holds(key.isStoredKey('k')),
    revokeKey: key.revokeKey(ctx, 'k'),
    forgetKeyNames: key.forgetKeyNames(ctx, 'usr_y'),
    revokeKeysOf: key.revokeKeysOf(ctx, 'p', sql`1`),
    recordRevokedKeysOf: key.recordRevokedKeysOf(ctx, 'p', sql`1`),
    selectApiKey: returns(key.selectApiKey(ctx, 'k'), keyColumns),
    selectApiKeys: pages.map((page) => returns(key.selectApiKeys(ctx, page), keyColumns)),
    selectHolder: returns(key.selectHolder(ctx, 'k'), holderColumns),
    selectSelf: returns(key.selectSelf(ctx, 'p'), holderColumns),
  },
  'access/capable.store.ts': {
    selectSomeOfRoles: returns(capable.selectSomeOfRoles(ctx, 5), 'name people'),
    selectNames: returns(capable.selectNames(ctx, ['p'], ['g']), 'what id name'),
    selectSomeOfGroups: returns(capable.selectSomeOfGroups(ctx, ['g'], 5), 'name filled_by_oidc people askers'),
  },
  'policies/simulate.store.ts': {
    selectPastAskings: families.flatMap((family) =>
      pages.map((page) =>
        returns(simulate.selectPastAskings(ctx, family, page), 'id requester_id submitted_by created_at facts'),
      ),
    ),
    selectFacts: families.map((family) => returns(simulate.selectFacts(ctx, family, ['x']), 'id facts')),
  },
  'approvals/policies.store.ts': {
    insertVersion: policy.insertVersion(ctx, rowOf(policyVersions), policy.hasRoomForPolicy(ctx)),
    openTo: gives(policy.openTo(sql`'p'`, 1)),
    groupsAskedOn: gives(policy.groupsAskedOn(sql`'a'`)),
    hasRoomForPolicy: holds(policy.hasRoomForPolicy(ctx)),
    isPolicyAt: holds(policy.isPolicyAt(ctx, aPolicy)),
    insertPolicy: policy.insertPolicy(ctx, aPolicy),
    updatePolicy: returns(policy.updatePolicy(ctx, aPolicy, aPolicy), 'id'),
    wrotePolicy: holds(policy.wrotePolicy(ctx, aPolicy)),
    turnPage: policy.turnPage(ctx, sql`1`),
    selectPolicy: returns(policy.selectPolicy(ctx, 'p'), policyColumns),
    selectPolicies: pages.map((page) => returns(policy.selectPolicies(ctx, page), policyColumns)),
    selectAllPolicies: returns(policy.selectAllPolicies(ctx), policyColumns),
    selectWhetherUnchecked: returns(policy.selectWhetherUnchecked(ctx), 'changed_at'),
    selectUnchecked: returns(policy.selectUnchecked(ctx, 5, 5), 'tenant_id changed_at'),
    noteFeasibility: policy.noteFeasibility(ctx, [aPolicy], 'w'),
    foundInfeasible: recordFound(ctx, policy.foundInfeasible(ctx, 'w'), 5),
    markChecked: policy.markChecked(ctx, { tenant_id: 't', changed_at: 1 }),
  },
  'dashboard/dashboard.store.ts': {
    selectPage: filters.flatMap((filter) =>
      [firstPage, laterPage].map((page) => returns(dashboard.selectPage(ctx, filter, page), listed)),
    ),
    countAll: filters.map((filter) => returns(dashboard.countAll(ctx, filter), 'total')),
  },
  'idempotency/idempotency.store.ts': {
    takeKey: [idempotency.takeKey(ctx, used, {}), idempotency.takeKey(ctx, used, {}, sql`1`)],
    selectWhether: returns(idempotency.selectWhether(ctx, sql`1`), 'holds'),
    selectAnswer: returns(idempotency.selectAnswer(ctx, used), 'fingerprint answer'),
    deleteExpired: returns(idempotency.deleteExpired(ctx, 5), 'gone'),
    deleteAnswersOf: idempotency.deleteAnswersOf(ctx, 'usr_y'),
  },
}
