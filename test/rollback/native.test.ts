// Rollbacks of what the database carries out itself: the policy, the principals, a pointer.
import { expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { type Json, principalsOf, type Row, refusal, type World, world } from '../world.ts'
import { expectActivated, rollBack, stageRollback, stateOf } from './fixture.ts'

const company = () => world({ policy: { cluster: 'govern' } })

const document = (kind: string, payload: Json): Json => ({
  title: 'a change',
  description: 'for a test',
  kind,
  payload,
})

const activePolicy = async (w: World) => (await w.sql`select document from levelb.active_policy`)[0]?.document as Json

/** Enabled principals without the version that made them. */
const enabled = async (w: World) =>
  w.sql`select principal, nature, counts_as, duties, groups, logins, keys from levelb.active_principal order by 1`

const entry = (w: World, name: string): Json => principalsOf(w).find((each) => each.principal === name) as Json

/** The opposite of each effect is an effect of the rollback. */
const expectInverse = (there: Row, back: Row) => {
  const plain = (effects: unknown) =>
    (effects as Json[])
      .filter((effect) => effect.attribute !== 'duty')
      .map((e) => JSON.stringify([e.class, e.object_type, e.identity, e.attribute, e.before, e.after]))
      .sort()
  const inverted = (there.effects as Json[]).map((e) => ({ ...e, before: e.after, after: e.before }))
  expect(plain(back.effects)).toEqual(plain(inverted))
}

test('policy › the one from before, as the next version, whatever its name', async () => {
  const w = await company()
  const before = await activePolicy(w)
  const payload = { ...before, name: 'stricter', quorum: [{ approvals: 3 }], timeouts: { lock: '1s' } }
  const there = expectActivated(await w.through('0001_policy', document('policy', payload)))
  const staged = await stageRollback(w, '0001_policy')
  expect([staged.classes, (staged.payload as Json).kind, (staged.payload as Json).payload]).toEqual([
    ['governance'],
    'policy',
    before,
  ])
  await w.approve('0001_policy.rollback', ['bob', 'carol', 'dan'])
  const back = expectActivated(await w.activate('0001_policy.rollback'))
  expect(await activePolicy(w)).toEqual(before)
  expect((back.effects as Json[]).map((e) => [e.attribute, e.before, e.after])).toEqual(
    (there.effects as Json[]).map((e) => [e.attribute, e.after, e.before]),
  )
  expect(await w.sql`select version, activation_id is null as first from levelb.policy order by 1`).toEqual([
    { version: 1, first: true },
    { version: 2, first: false },
    { version: 3, first: false },
  ])
})

test('policy › a later one blocks it, under another name too (LB310)', async () => {
  const w = await company()
  const before = await activePolicy(w)
  await w.through('0001_policy', document('policy', { ...before, name: 'one' }))
  await w.through('0002_policy', document('policy', { ...before, name: 'two' }))
  expect(await refusal(stageRollback(w, '0001_policy'))).toMatchObject({
    code: 'LB310',
    detail: { blocked_by: ['0002_policy'] },
  })
})

test('policy › one that the people left cannot meet is refused when it is activated (LB013)', async () => {
  const w = await company()
  const before = await activePolicy(w)
  // one.security is dan, who leaves under a policy that does not ask for him
  const strict = { ...before, quorum: [{ approvals: 2, groups: { security: 1 } }] }
  await w.through('0001_strict', document('policy', strict))
  await w.stage('0002_loose', document('policy', before))
  await w.approve('0002_loose', ['bob', 'dan'])
  expectActivated(await w.activate('0002_loose'))
  await w.through('0003_leaves', document('principal', { disable: [{ principal: 'dan', reason: 'left' }] }))
  await stageRollback(w, '0002_loose')
  await w.approve('0002_loose.rollback')
  const row = await w.activate('0002_loose.rollback')
  expect([row.outcome, row.code]).toEqual(['refused', 'LB013'])
})

test('principal › enrolled, changed and disabled are taken back; the duty role stays granted', async () => {
  const w = await company()
  await w.urlOf('eve')
  const before = await enabled(w)
  const there = expectActivated(
    await w.through(
      '0001_people',
      document('principal', {
        enrol: [
          { principal: 'eve', nature: 'person', logins: [w.role('eve')], duties: ['author', 'auditor'], groups: [] },
        ],
        change: [{ ...entry(w, 'dan'), duties: ['approver', 'auditor'], groups: ['dba'] }],
        disable: [{ principal: 'aud', reason: 'left' }],
      }),
    ),
  )
  expect(await enabled(w)).not.toEqual(before)
  const staged = await stageRollback(w, '0001_people', 'olga', 'a mistake')
  expect((staged.payload as Json).payload).toMatchObject({
    enrol: [{ principal: 'aud', logins: [w.role('aud')], duties: ['auditor'] }],
    change: [{ principal: 'dan', duties: ['approver'], groups: ['security'] }],
    disable: [{ principal: 'eve', reason: 'a mistake' }],
  })
  await w.approve('0001_people.rollback')
  const back = expectActivated(await w.activate('0001_people.rollback'))
  expect(await enabled(w)).toEqual(before)
  expectInverse(there, back)
  const [member] = await w.sql`select pg_has_role(${w.role('eve')}, 'levelb_author', 'member') as is`
  expect(member).toEqual({ is: true })
  // and again: what the rollback took back comes again
  expectActivated(await rollBack(w, '0001_people.rollback'))
  expect((await enabled(w)).map((row) => row.principal)).toContain('eve')
  expect(await stateOf(w, '0001_people')).toBe('activated')
})

test('pointer › set for the first time, moved, and back', async () => {
  const w = await company()
  const target = async () => (await w.sql`select target from levelb.pointer order by version desc limit 1`)[0]?.target
  const pointer = (expected: string | null, to: string) =>
    document('pointer', { pointer: 'orders', expected, target: to })
  expectActivated(await w.through('0001_set', pointer(null, 'shop.orders_v1')))
  const there = expectActivated(await w.through('0002_move', pointer('shop.orders_v1', 'shop.orders_v2')))
  expect((await refusal(stageRollback(w, '0001_set'))).detail.blocked_by).toEqual(['0002_move'])
  const back = expectActivated(await rollBack(w, '0002_move'))
  expectInverse(there, back)
  expect(await target()).toBe('shop.orders_v1')
  expectActivated(await rollBack(w, '0001_set'))
  expect(await target()).toBe(null)
  expect((await refusal(Promise.resolve(w.sql`select levelb.resolve('orders')`))).code).toBe('LB001')
})

test('a pointer is taken back under fewer approvals where the policy says so, its first setting is not', async () => {
  const w = await world({ policy: { cluster: 'govern', rollback: { required: false, approvals: 1 } } })
  const pointer = (expected: string | null, to: string) =>
    document('pointer', { pointer: 'orders', expected, target: to })
  await w.through('0001_set', pointer(null, 'v1'))
  await w.through('0002_move', pointer('v1', 'v2'))
  await stageRollback(w, '0002_move')
  await w.approve('0002_move.rollback', ['dan'])
  expectActivated(await w.activate('0002_move.rollback'))
  await stageRollback(w, '0001_set')
  await w.approve('0001_set.rollback', ['dan'])
  const row = await w.activate('0001_set.rollback')
  expect([row.outcome, row.code, detailOf(row).needed]).toEqual(['refused', 'LB204', 2])
})
