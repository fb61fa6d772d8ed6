// Who must agree to a rollback: the ordinary rules, or what the policy says for rollbacks, and never the operator alone.
import { describe, expect, test } from 'vitest'
import { detailOf, tamper } from '../activate/fixture.ts'
import { type Json, principalsOf, type Row, refusal, type World, world } from '../world.ts'
import { changes, expectActivated, stageRollback } from './fixture.ts'

const id = '0001_change'
const rollback = `${id}.rollback`

/** A company under this policy for rollbacks, with one activated migration of ann's, approved by bob and carol. */
async function company(rollbackPolicy: Json, by = 'ann'): Promise<World> {
  const w = await world({ policy: { cluster: 'govern', rollback: { required: false, ...rollbackPolicy } } })
  await w.stage(id, grant(w), by)
  await w.approve(id)
  expectActivated(await w.activate(id))
  return w
}

const grant = (w: World) =>
  changes([
    {
      apply: `grant select on shop.orders to ${w.role('reader')}`,
      rollback: `revoke select on shop.orders from ${w.role('reader')}`,
    },
  ])

const outcome = (row: Row) => [row.outcome, row.code]

const quorumOf = async (w: World, migration = rollback): Promise<Row> => {
  const client = await w.as('bob')
  const [row] = await client`select * from levelb.quorum(${migration})`
  return row as Row
}

const decide = async (w: World, verb: 'reject' | 'revoke', name: string, migration = rollback) => {
  const client = await w.as(name)
  const [row] =
    await w.sql`select manifest_hash from levelb.manifest where migration_id = ${migration} order by revision desc limit 1`
  if (verb === 'reject') await client`select * from levelb.reject(${migration}, ${row?.manifest_hash}, 'no')`
  else await client`select * from levelb.revoke(${migration}, 'changed my mind')`
}

/** Carries out a change of principals or policy and returns its row. */
const native = async (w: World, name: string, kind: string, payload: Json) => {
  await w.stage(name, { title: 'a change', description: 'for a test', kind, payload })
  await w.approve(name)
  return expectActivated(await w.activate(name))
}

const entry = (w: World, name: string): Json => principalsOf(w).find((each) => each.principal === name) as Json

describe('without a word in the policy', () => {
  test('the rules for the classes hold, with their groups', async () => {
    const w = await company({})
    await stageRollback(w, id)
    expect(await quorumOf(w)).toMatchObject({ met: false, approvals_needed: 2, groups_needed: { dba: 1 }, counted: [] })
    await w.approve(rollback, ['bob'])
    expect(outcome(await w.activate(rollback))).toEqual(['refused', 'LB204'])
    await w.approve(rollback, ['dan'])
    expectActivated(await w.activate(rollback))
  })

  test('the author of the original does not approve it, restage it or withdraw it (LB203, LB001, LB201)', async () => {
    const w = await company({}, 'arno')
    await stageRollback(w, id)
    expect((await refusal(w.approve(rollback, ['arno']))).code).toBe('LB203')
    const arno = await w.as('arno')
    const restaged = await refusal(
      Promise.resolve(arno`select levelb.restage(${rollback}, ${arno.json(grant(w) as never)})`),
    )
    expect([restaged.code, restaged.detail.field]).toEqual(['LB001', 'migration_id'])
    await w.approve(rollback, ['bob', 'dan'])
    expect(outcome(await w.activate(rollback, 'arno'))).toEqual(['refused', 'LB212'])
    expectActivated(await w.activate(rollback))
  })

  test('an author who is neither approver nor operator does not withdraw it (LB201)', async () => {
    const w = await company({})
    await stageRollback(w, id)
    const ann = await w.as('ann')
    expect((await refusal(Promise.resolve(ann`select levelb.withdraw(${rollback}, 'no')`))).code).toBe('LB201')
  })

  test('an author stages nothing under the name of a rollback (LB001)', async () => {
    const w = await company({})
    const refused = await refusal(w.stage(rollback, grant(w)))
    expect([refused.code, refused.detail.field]).toEqual(['LB001', 'migration_id'])
    expect((await stageRollback(w, id)).revision).toBe(1)
  })

  test('who staged it and activates it does not count as approver (LB204)', async () => {
    const w = await company({ approvals: 1 })
    await stageRollback(w, id, 'arno')
    await w.approve(rollback, ['arno'])
    const row = await w.activate(rollback, 'arno')
    expect([outcome(row), detailOf(row).void]).toEqual([
      ['refused', 'LB204'],
      [{ approval: expect.any(Number), principal: 'arno', why: 'operator of the activation' }],
    ])
    expectActivated(await w.activate(rollback, 'olga'))
  })
})

describe('rollback.approvals', () => {
  test('a number of its own, without the groups of the rules', async () => {
    const w = await company({ approvals: 1 })
    await stageRollback(w, id)
    expect(await quorumOf(w)).toMatchObject({
      met: false,
      approvals_needed: 1,
      groups_needed: {},
      missing: '1 more approval',
    })
    await w.approve(rollback, ['dan'])
    const row = expectActivated(await w.activate(rollback))
    expect(row.approvals).toEqual([expect.objectContaining({ principal: 'dan', signature: 'none' })])
  })

  test('it may ask more than the rules do', async () => {
    const w = await company({ approvals: 3 })
    await stageRollback(w, id)
    await w.approve(rollback, ['bob', 'carol'])
    expect(outcome(await w.activate(rollback))).toEqual(['refused', 'LB204'])
  })

  test('it is for rollbacks alone', async () => {
    const w = await company({ approvals: 1 })
    await w.stage('0002_other', grant(w))
    expect(await quorumOf(w, '0002_other')).toMatchObject({ approvals_needed: 2, groups_needed: { dba: 1 } })
  })

  test('who decides is not taken back under it: a policy and principals need the rules', async () => {
    const w = await company({ approvals: 1, preapproved_for: '24 hours' })
    await native(w, '0002_dan', 'principal', { disable: [{ principal: 'dan', reason: 'left' }] })
    await stageRollback(w, '0002_dan')
    expect(await quorumOf(w, '0002_dan.rollback')).toMatchObject({
      approvals_needed: 2,
      groups_needed: { dba: 1 },
      counted: [],
    })
    await w.approve('0002_dan.rollback', ['bob'])
    expect(outcome(await w.activate('0002_dan.rollback'))).toEqual(['refused', 'LB204'])
  })
})

test('rows are not taken back under the eased quorum: class data needs its rules', async () => {
  const quorum = [{ approvals: 2 }, { classes: ['data'], approvals: 3 }]
  const w = await world({
    policy: { cluster: 'govern', quorum, rollback: { required: false, approvals: 1, preapproved_for: '24 hours' } },
  })
  const step = {
    apply: `update shop.orders set customer = 'Eve' where id = 1`,
    rollback: `update shop.orders set customer = 'Ada' where id = 1`,
  }
  await w.stage(id, changes([step]))
  await w.approve(id, ['bob', 'carol', 'dan'])
  expectActivated(await w.activate(id))
  await stageRollback(w, id)
  expect(await quorumOf(w)).toMatchObject({ met: false, approvals_needed: 3, counted: [] })
  await w.approve(rollback, ['bob', 'carol'])
  expect(outcome(await w.activate(rollback))).toEqual(['refused', 'LB204'])
  await w.approve(rollback, ['dan'])
  expectActivated(await w.activate(rollback))
})

describe('rollback.preapproved_for', () => {
  const within = { approvals: 2, preapproved_for: '24 hours' }

  test('the approvals of the change stand for its rollback, and the record says where they come from', async () => {
    const w = await company(within)
    await stageRollback(w, id)
    const counted = ['bob', 'carol'].map((principal) => ({
      approval_id: expect.any(Number),
      principal,
      person: principal,
      groups: ['dba'],
      signature: 'none',
      preapproved: true,
    }))
    expect(await quorumOf(w)).toMatchObject({ met: true, approvals_met: 2, counted })
    const [status] = await w.sql`select state, missing from levelb.status where migration_id = ${rollback}`
    expect(status).toEqual({ state: 'approved', missing: '' })
    expect(expectActivated(await w.activate(rollback)).approvals).toEqual(counted)
  })

  test('without rollback.approvals they stand against the ordinary rules', async () => {
    const w = await company({ preapproved_for: '24 hours' })
    await stageRollback(w, id)
    expectActivated(await w.activate(rollback))
  })

  test('not after that time', async () => {
    const w = await company(within)
    await stageRollback(w, id)
    await tamper(w, 'activation', `update levelb.activation set finished_at = finished_at - interval '24 hours'`)
    expect(await quorumOf(w)).toMatchObject({ met: false, counted: [] })
    expect(outcome(await w.activate(rollback))).toEqual(['refused', 'LB204'])
  })

  test('an approval that has expired as such stands all the same: the policy says for how long', async () => {
    const w = await company(within)
    await tamper(w, 'approval', `update levelb.approval set expires_at = decided_at`)
    await stageRollback(w, id)
    expectActivated(await w.activate(rollback))
  })

  test('a rejection of the rollback stops it; who revokes it has not agreed again', async () => {
    const w = await company(within)
    await stageRollback(w, id)
    await decide(w, 'reject', 'bob')
    expect(outcome(await w.activate(rollback))).toEqual(['refused', 'LB208'])
    await decide(w, 'revoke', 'bob')
    expect(await quorumOf(w)).toMatchObject({ met: false, approvals_met: 1, rejected_by: [] })
    await w.approve(rollback, ['bob'])
    expectActivated(await w.activate(rollback))
  })

  test('who rejected an earlier revision of the rollback does not stand for the next', async () => {
    const w = await company(within)
    await stageRollback(w, id)
    await decide(w, 'reject', 'bob')
    const olga = await w.as('olga')
    await olga`select levelb.withdraw(${rollback}, 'again')`
    await stageRollback(w, id)
    expect(await quorumOf(w)).toMatchObject({ met: false, approvals_met: 1 })
  })

  test('an own approval of the rollback is counted once', async () => {
    const w = await company({ approvals: 3, preapproved_for: '24 hours' })
    await stageRollback(w, id)
    await w.approve(rollback, ['bob'])
    expect(await quorumOf(w)).toMatchObject({ met: false, approvals_met: 2, missing: '1 more approval' })
  })

  test('not the approval of the operator who calls now', async () => {
    const w = await world({ policy: { cluster: 'govern', rollback: { required: false, ...within } } })
    await w.stage(id, grant(w))
    await w.approve(id, ['arno', 'bob'])
    expectActivated(await w.activate(id))
    await stageRollback(w, id)
    const row = await w.activate(rollback, 'arno')
    expect([outcome(row), detailOf(row).void]).toEqual([
      ['refused', 'LB204'],
      [{ approval: expect.any(Number), principal: 'arno', why: 'operator of the activation' }],
    ])
  })

  test('not of a principal who was disabled meanwhile, enrolled again or not', async () => {
    const w = await company(within)
    await native(w, '0002_leaves', 'principal', { disable: [{ principal: 'carol', reason: 'left' }] })
    await stageRollback(w, id)
    expect(await quorumOf(w)).toMatchObject({
      met: false,
      approvals_met: 1,
      void: [{ principal: 'carol', why: 'principal disabled' }],
    })
    await w.stage('0003_returns', {
      title: 't',
      description: 'd',
      kind: 'principal',
      payload: { enrol: [entry(w, 'carol')] },
    })
    await w.approve('0003_returns', ['bob', 'dan'])
    expectActivated(await w.activate('0003_returns'))
    expect(await quorumOf(w)).toMatchObject({
      met: false,
      void: [{ principal: 'carol', why: 'principal was disabled since' }],
    })
  })

  test('not of a principal who is no approver any more', async () => {
    const w = await company(within)
    await native(w, '0002_duty', 'principal', { change: [{ ...entry(w, 'carol'), duties: ['auditor'] }] })
    await stageRollback(w, id)
    expect(await quorumOf(w)).toMatchObject({
      met: false,
      void: [{ principal: 'carol', why: 'principal is no approver' }],
    })
  })

  test('not under another policy than that of the approvals', async () => {
    const w = await company(within)
    const [active] = await w.sql`select document from levelb.active_policy`
    await native(w, '0002_policy', 'policy', { ...(active?.document as Json), name: 'another' })
    await stageRollback(w, id)
    expect(await quorumOf(w)).toMatchObject({
      met: false,
      counted: [],
      void: ['bob', 'carol'].map((principal) => ({ principal, why: 'given under another policy' })),
    })
    expect(outcome(await w.activate(rollback))).toEqual(['refused', 'LB204'])
  })

  test('not after a rebind', async () => {
    const w = await company(within)
    await stageRollback(w, id)
    await w.sql`select levelb.rebind('restored')`
    expect(await quorumOf(w)).toMatchObject({ met: false, counted: [] })
  })

  test('who agreed that a change goes has not agreed that it comes back', async () => {
    const w = await company(within)
    await stageRollback(w, id)
    await w.approve(rollback, ['bob', 'dan'])
    expectActivated(await w.activate(rollback))
    await stageRollback(w, rollback)
    expect(await quorumOf(w, `${rollback}.rollback`)).toMatchObject({ met: false, counted: [], void: [] })
    expect(outcome(await w.activate(`${rollback}.rollback`))).toEqual(['refused', 'LB204'])
  })
})
