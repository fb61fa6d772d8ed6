// Kind policy: judged by the policy it replaces; what was approved before it is void.
import { beforeAll, describe, expect, test } from 'vitest'
import { hashOf } from '../approvals/company.ts'
import { activate, session, voidOf, wordOf } from '../concurrency/two-sessions.ts'
import { failure, lines } from '../effects/effects.ts'
import { type Json, refusal, type World, world } from '../world.ts'
import { documentOfKind, nextId, policyWith, problemOf, throughKind } from './documents.ts'

const quorum = [{ approvals: 2, groups: { dba: 1 } }]

describe('what changes', () => {
  let w: World
  beforeAll(async () => {
    w = await world()
  })

  test('each difference is an effect in words; the rows and the active policy are the new ones', async () => {
    const payload = await policyWith(w, {
      quorum: [
        { classes: ['role', 'governance'], approvals: 3 },
        ...quorum,
        { schemas: ['a, b', 'payments'], groups: { dba: 1 } },
      ],
      approval: { ttl: '2 days', signature: 'off' },
      rollback: { required: false, approvals: 1, preapproved_for: '24 hours' },
    })
    const row = await throughKind(w, 'policy', payload)
    expect([failure(row).code, lines(row)]).toEqual([
      null,
      [
        'governance: policy test: approval.ttl: 7 days → 2 days',
        'governance: policy test: quorum for classes governance, role: - → 3 approvals',
        'governance: policy test: quorum for schemas "a, b", payments: - → 1 of dba',
        'governance: policy test: rollback.approvals: - → 1',
        'governance: policy test: rollback.preapproved_for: - → 24 hours',
      ],
    ])
    expect(await w.sql`select version, document -> 'approval' ->> 'ttl' as ttl from levelb.active_policy`).toEqual([
      { version: 2, ttl: '2 days' },
    ])
    expect(await w.sql`select activation_id, incident_id from levelb.policy where version = 2`).toEqual([
      { activation_id: row.activation_id, incident_id: null },
    ])
    expect(row.rollback_snapshot).toContain('-- policy test: approval.ttl was 7 days')
  })

  test('the next change needs the quorum of the policy it replaces, however little the new one asks for (LB204)', async () => {
    const id = nextId()
    await w.stage(id, documentOfKind('policy', await policyWith(w, { quorum: [{ approvals: 1 }] })))
    await w.approve(id, ['bob', 'carol'])
    expect(await w.activate(id)).toMatchObject({ outcome: 'refused', code: 'LB204' })
    await w.approve(id, ['dan'])
    expect(lines(await w.activate(id))).toContain(
      'governance: policy test: quorum for everything: 2 approvals, 1 of dba → 1 approval',
    )
  })

  test('a policy that says what the active one says is refused, in whatever order (LB005)', async () => {
    const same = await policyWith(w, { quorum: [{ approvals: 1 }] })
    const other = await policyWith(w, { quorum: [{ approvals: 1 }, { classes: ['acl'], approvals: 2 }] })
    await throughKind(w, 'policy', other)
    const turned = { ...other, quorum: [...(other.quorum as Json[])].reverse() }
    for (const payload of [other, turned])
      expect(await refusal(w.stage(nextId(), documentOfKind('policy', payload)))).toMatchObject({
        code: 'LB005',
        detail: { field: 'payload', problem: 'says what the active policy says' },
      })
    expect(lines(await throughKind(w, 'policy', same))).toEqual([
      'governance: policy test: quorum for classes acl: 2 approvals → -',
    ])
  })

  test('a break-glass login that does not exist is refused at its place (LB005)', async () => {
    const payload = await policyWith(w, { break_glass: { logins: ['nobody here'] } })
    expect(await refusal(w.stage(nextId(), documentOfKind('policy', payload)))).toMatchObject({
      code: 'LB005',
      detail: { field: 'payload.break_glass.logins[0]', problem: 'login "nobody here" does not exist' },
    })
  })

  test('break-glass logins leave with a policy only when they can no longer go round the channel (LB210)', async () => {
    const reserve = w.role('reserve')
    await w.sql.unsafe(`create role ${reserve} login createrole`)
    const all = await policyWith(w, { quorum: [{ approvals: 1 }] })
    const { logins } = all.break_glass as { logins: string[] }
    try {
      // the login that nobody declared stops everything but the policy that declares it
      const stopped = await throughKind(w, 'pointer', { pointer: 'p', target: 't' })
      expect(failure(stopped)).toMatchObject({ code: 'LB210', detail: { items: ['dangerous_logins'] } })
      expect(await throughKind(w, 'policy', { ...all, break_glass: { logins: [...logins, reserve] } })).toMatchObject({
        outcome: 'activated',
      })
      const id = nextId()
      await w.stage(id, documentOfKind('policy', all))
      await w.approve(id)
      expect(failure(await w.activate(id))).toMatchObject({ code: 'LB210', detail: { items: ['dangerous_logins'] } })
      await w.sql.unsafe(`alter role ${reserve} nocreaterole`)
      expect(await w.activate(id)).toMatchObject({ outcome: 'activated' })
    } finally {
      await w.sql.unsafe(`alter role ${reserve} nologin nocreaterole`)
    }
  })
})

describe('LB013', () => {
  test('a policy that the principals cannot meet is refused when it is staged, with the problem in words', async () => {
    const w = await world()
    const payload = await policyWith(w, { quorum: [{ approvals: 5 }] })
    expect(await refusal(w.stage(nextId(), documentOfKind('policy', payload)))).toMatchObject({
      code: 'LB013',
      detail: {
        problem:
          'quorum[0] asks for 5, 4 can approve beside ann as author and ci as operator; it takes 7 people, 7 are enabled',
      },
    })
  })

  test('and when it is activated, where somebody has left meanwhile', async () => {
    const w = await world()
    const id = nextId()
    await w.stage(id, documentOfKind('policy', await policyWith(w, { quorum: [{ approvals: 4 }] })))
    await w.approve(id)
    expect(await throughKind(w, 'principal', { disable: [{ principal: 'dan', reason: 'left' }] })).toMatchObject({
      outcome: 'activated',
    })
    const row = await w.activate(id)
    expect([row.outcome, row.code, problemOf(row)]).toEqual([
      'refused',
      'LB013',
      'quorum[0] asks for 4, 3 can approve beside ann as author and ci as operator; it takes 6 people, 6 are enabled',
    ])
  })

  test('a login that is gone does not count: the policy cannot rest on whoever cannot log in', async () => {
    const w = await world()
    await w.sql.unsafe(`alter role ${w.role('dan')} nologin`)
    const payload = await policyWith(w, { quorum: [{ approvals: 4 }] })
    expect(await refusal(w.stage(nextId(), documentOfKind('policy', payload)))).toMatchObject({ code: 'LB013' })
  })

  test('where too few are left for the active policy, the quorum that is left lowers it: nothing else is activated', async () => {
    const w = await world({ policy: { quorum: [{ approvals: 2 }, { classes: ['role'], groups: { security: 1 } }] } })
    await w.sql.unsafe(`alter role ${w.role('dan')} nologin`)
    expect(failure(await throughKind(w, 'pointer', { pointer: 'p', target: 't' }))).toMatchObject({
      code: 'LB210',
      detail: { items: ['policy_satisfiable'] },
    })
    expect(await throughKind(w, 'policy', await policyWith(w, { quorum: [{ approvals: 2 }] }))).toMatchObject({
      outcome: 'activated',
    })
    expect(await throughKind(w, 'pointer', { pointer: 'p', target: 't' })).toMatchObject({ outcome: 'activated' })
  })
})

describe('approvals of other migrations', () => {
  test('are void afterwards, named with the reason, and can be given again', async () => {
    const w = await world()
    await w.stage('0001_other', 'grant select on shop.orders to public')
    await w.approve('0001_other')
    await throughKind(w, 'policy', await policyWith(w, { quorum: [{ approvals: 1 }] }))
    const row = await w.activate('0001_other')
    expect([row.code, voidOf(row)]).toEqual([
      'LB204',
      [
        { principal: 'bob', why: 'given under another policy' },
        { principal: 'carol', why: 'given under another policy' },
      ],
    ])
    await w.approve('0001_other', ['bob'])
    expect(await w.activate('0001_other')).toMatchObject({ outcome: 'activated' })
  })

  test('one that is given while the policy changes waits for nobody, stops nobody and is void', async () => {
    const w = await world()
    const policyId = nextId()
    await w.stage(policyId, documentOfKind('policy', await policyWith(w, { quorum: [{ approvals: 1 }] })))
    await w.approve(policyId)
    await w.stage('0001_other', 'grant select on shop.orders to public')
    const hash = await hashOf(w, '0001_other')
    const bob = await session(w, 'bob')
    await bob.sql`begin`
    await bob.sql`select * from levelb.approve('0001_other', ${hash})`
    expect(await wordOf(w.activate(policyId))).toBe('activated')
    await bob.sql`commit`
    const row = await w.activate('0001_other')
    expect([row.code, voidOf(row)]).toEqual(['LB204', [{ principal: 'bob', why: 'given under another policy' }]])
  })

  test('of two policy changes at once one finds the other at the gate (LB101), and then its approvals void', async () => {
    const w = await world()
    const [first, second] = [nextId(), nextId()]
    await w.stage(first, documentOfKind('policy', await policyWith(w, { quorum: [{ approvals: 1 }] })))
    await w.stage(second, documentOfKind('policy', await policyWith(w, { quorum: [{ approvals: 3 }] })))
    await w.approve(first)
    await w.approve(second)
    const [olga, ci] = [await session(w, 'olga'), await session(w, 'ci')]
    await olga.sql`begin`
    expect(await wordOf(activate(olga.sql, first))).toBe('activated')
    expect(await wordOf(activate(ci.sql, second))).toBe('raised LB101')
    await olga.sql`commit`
    expect(await wordOf(activate(ci.sql, second))).toBe('refused LB204')
    expect(await w.sql`select max(version)::int as version from levelb.policy`).toEqual([{ version: 2 }])
  })
})

test('a policy of a thousand rules for a thousand people is staged and activated in seconds', async () => {
  const w = await world()
  const rules = Array.from({ length: 999 }, (_, i) => ({
    schemas: [`schema "${i}" of\ttenant`.replace('\t', ' ')],
    approvals: 1,
  }))
  const row = await throughKind(w, 'policy', await policyWith(w, { quorum: [...quorum, ...rules] }))
  expect([failure(row).code, (row.effects as Json[]).length]).toEqual([null, 999])
  const took = Number(row.finished_at) - Number(row.started_at)
  expect(took).toBeLessThan(10_000)
  expect(await w.sql`select ok from levelb.verify_ledger()`).toEqual([{ ok: true }])
}, 60_000)
