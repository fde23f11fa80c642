import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { expireDue } from '../../src/approvals/decide-due.ts'
import { digestOf } from '../../src/approvals/digest.ts'
import { systemContext } from '../../src/context.ts'
import type { Refusal } from '../../src/refusal.ts'
import { requestKind } from '../../src/requests/request-kind.ts'
import { amendRequest, askRequest } from '../../src/standard/ask.ts'
import { decideRequest, withdrawRequest } from '../../src/standard/decide.ts'
import { getRequest } from '../../src/standard/read.ts'
import { lapseUnredeemed, redeemRequest, reportOutcome, revokeRequest } from '../../src/standard/redeem.ts'
import { whatIsRequested } from '../../src/standard/standard.ts'
import { isLong, often } from '../support/scale.ts'
import { fits } from '../support/sealed.ts'
import { newTenant, type Tenant } from '../support/tenant.ts'

/*
 * Whatever people, services and the clock do to a request, in any order and at once: a vote counts only for what its
 * voter has seen, what was approved is redeemed at most once, as it was approved, and nothing happens after the end.
 */

const hour = 3_600_000
const people = ['r1', 'r2', 'r3'] as const
const person = fc.constantFrom(...people)
const act = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('amend' as const), to: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), who: person }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('approve' as const), who: person }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reject' as const), who: person }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('withdraw' as const, 'revoke' as const) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('redeem' as const),
      who: fc.constantFrom('member', 'service'),
      what: fc.constantFrom('now', 'first', 'other'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('report' as const),
      who: fc.constantFrom('member', 'service'),
      outcome: fc.constantFrom('succeeded' as const, 'failed' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(1, 10, 30) }) },
)
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never

const facts = (version: number) => ({
  title: `Deploy ${version}`,
  summary: null,
  details: JSON.stringify({ version }),
  subject: version % 2 ? JSON.stringify({ type: 'service', id: `${version}` }) : null,
})

let tenant: Tenant
beforeAll(async () => {
  tenant = await newTenant()
})

/** What has been done with one request, by calling its verbs. */
class Story {
  /** Ahead of the present: the clock of this story is its own, and no other's sweep comes by. */
  now = Date.now() + 1_000_000 * hour
  readonly seen = new Map<string, string[]>(people.map((who) => [who, []]))
  readonly redeemed: { who: string; digest: string; details: string | null }[] = []
  readonly reported: string[] = []

  private constructor(
    readonly id: string,
    readonly first: string,
  ) {}

  static async begin(votes: number) {
    const member = tenant.ctx('member', ['member'], Date.now() + 1_000_000 * hour)
    const asked = { ...facts(0), type: 'deployment', external_ref: null, state: null, restricted: false }
    const { id, digest } = await askRequest(member, requestKind, {
      ...asked,
      expires_in_hours: 24,
      redeem_within_hours: 24,
    })
    await env.DB.prepare('UPDATE approvals SET votes_needed = ? WHERE id = ?').bind(votes, id).run()
    return new Story(id, digest)
  }

  ctx(who: string) {
    const role = who.startsWith('r') ? 'reviewer' : (who as 'member')
    return tenant.ctx(who, [role], this.now)
  }

  /** Does what may be done; what is refused must have been so for a reason that there is. */
  async run(one: Act): Promise<void> {
    try {
      await this.attempt(one)
    } catch (error) {
      expect((error as Refusal).code, String(error)).toMatch(
        /^(already_|approval_expired|digest_mismatch|not_approved|redemption_lapsed|not_redeem|storage_unavailable)/,
      )
    }
  }

  private async attempt(one: Act): Promise<void> {
    const { id } = this
    if (one.do === 'amend') {
      await amendRequest(this.ctx('member'), requestKind, id, facts(one.to), null)
    } else if (one.do === 'read') {
      this.seen.get(one.who)!.push((await getRequest(this.ctx(one.who), requestKind, id)).digest)
    } else if (one.do === 'approve' || one.do === 'reject') {
      const digest = this.seen.get(one.who)!.at(-1)
      if (digest === undefined) return
      await decideRequest(this.ctx(one.who), requestKind, id, { vote: one.do, comment: 'x', ifMatch: null, digest })
    } else if (one.do === 'withdraw') {
      await withdrawRequest(this.ctx('member'), requestKind, id, null)
    } else if (one.do === 'revoke') {
      await revokeRequest(this.ctx('member'), requestKind, id, 'x', null)
    } else if (one.do === 'redeem') {
      const present = one.what === 'now' ? (await getRequest(this.ctx(one.who), requestKind, id)).digest : ''
      const digest = { now: present, first: this.first, other: 'f'.repeat(64) }[one.what]!
      const { details } = await redeemRequest(this.ctx(one.who), requestKind, id, digest)
      this.redeemed.push({ who: one.who, digest, details })
    } else if (one.do === 'report') {
      await reportOutcome(this.ctx(one.who), requestKind, id, { outcome: one.outcome, result: null, error: null })
      this.reported.push(one.who)
    } else if (one.do === 'wait') {
      this.now += one.hours * hour
    } else {
      const system = systemContext(env, 'system:maintenance', this.now)
      await expireDue(system)
      await lapseUnredeemed(system, requestKind)
    }
  }
}

/** What may come after what, in the history of a request. */
const followers: Record<string, readonly string[]> = {
  created: ['amended', 'voted', 'approved', 'rejected', 'withdrawn', 'expired'],
  amended: ['amended', 'voted', 'approved', 'rejected', 'withdrawn', 'expired'],
  voted: ['amended', 'voted', 'approved', 'rejected', 'withdrawn', 'expired'],
  approved: ['redeemed', 'revoked', 'lapsed'],
  redeemed: ['executed'],
}

async function checked({ id, seen, redeemed, reported }: Story): Promise<string[]> {
  const rows = async (query: string) => (await env.DB.prepare(query).bind(id).all<any>()).results
  const [row] =
    await rows(`SELECT a.*, r.summary, r.details, r.subject, a.decided_at + r.redeem_within AS redeem_by, r.ended, r.ended_at, r.ended_by
    FROM approvals a JOIN requests r ON r.approval_id = a.id WHERE a.id = ?`)
  const events = await rows('SELECT type, at, digest FROM events WHERE resource_id = ? ORDER BY seq')
  const votes = await rows('SELECT revision, voter_id, vote, voided_at FROM votes WHERE approval_id = ?')
  const types: string[] = events.map(({ type }) => type.replace('request.', ''))

  for (const [n, type] of types.slice(1).entries()) expect(followers[types[n]!], types.join()).toContain(type)

  // What is kept is what is asked, and what everybody was told.
  const question = { id, kind: 'request', revision: row.revision, title: row.title, requester: row.requester_id }
  expect(await digestOf({ ...question, what: whatIsRequested(row) })).toBe(row.digest)
  const digests = events.filter((_, n) => ['created', 'amended'].includes(types[n]!)).map(({ digest }) => digest)
  expect([digests.length, digests.at(-1)]).toEqual([row.revision, row.digest])

  // A vote is on what its voter has seen, and counts while that is asked.
  for (const { revision, voter_id, voided_at } of votes) {
    expect(seen.get(voter_id.replace('usr_', ''))).toContain(digests[revision - 1])
    expect(voided_at === 0).toBe(revision === row.revision)
  }
  const yes = votes.filter(({ vote, voided_at }) => vote === 'approve' && voided_at === 0)
  expect(row.votes_for).toBe(yes.length)
  if (row.status === 'approved') expect(yes).toHaveLength(row.votes_needed)

  // What was approved is taken up once, as it was approved, in time.
  expect(redeemed).toHaveLength(row.ended === 'redeemed' ? 1 : 0)
  for (const { who, digest, details } of redeemed) {
    expect([row.status, `usr_${who}`, digest, details]).toEqual(['approved', row.ended_by, row.digest, row.details])
    expect(row.ended_at).toBeLessThan(row.redeem_by)
  }
  expect(types.filter((type) => type === 'redeemed')).toHaveLength(redeemed.length)
  expect(new Set(reported).size).toBeLessThanOrEqual(1)
  if (reported.length > 0) expect(reported[0]).toBe(redeemed[0]?.who)
  return types
}

test('whatever is done with requests, one thing after the other or at once', async () => {
  const reached = new Set<string>()
  const turns = fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { minLength: 4, maxLength: 14 })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2 }), turns, async (votes, turns) => {
      const story = await Story.begin(votes)
      for (const turn of turns) await Promise.all(turn.map((one) => story.run(one)))
      await checked(story)
      await story.run({ do: 'wait', hours: 30 })
      await story.run({ do: 'sweep' })
      for (const type of await checked(story)) reached.add(type)
    }),
    { numRuns: often(150) },
  )
  await fits(tenant)
  const all = 'created amended voted approved rejected withdrawn expired redeemed revoked lapsed executed'.split(' ')
  if (isLong) expect([...reached].sort()).toEqual(all.sort())
  else expect(all).toEqual(expect.arrayContaining([...reached]))
}, 600_000)
