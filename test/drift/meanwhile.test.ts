// What a superuser commits while an activation waits is seen by nobody, and taken over by none.
import { expect, test } from 'vitest'
import { activate, ready, session, superuser } from '../concurrency/two-sessions.ts'
import { waitUntilBlocked } from '../steps.ts'
import { type Json, type Row, refusal } from '../world.ts'
import { protectedWorld, type Watched } from './fixture.ts'

const patient = { timeouts: { lock: '20s', statement: '60s' } }

/** Activates while a superuser has locked shop.items, who commits `change` once the activation waits for it. */
async function meanwhile(w: Watched, id: string, change: string): Promise<Row> {
  const operator = await session(w, 'olga')
  const root = await superuser(w)
  await root.sql.unsafe('begin; lock table shop.items in access exclusive mode')
  const activation = activate(operator.sql, id)
  await waitUntilBlocked(w.sql, operator.pid)
  await root.sql.unsafe(change.replace(/\{(\w+)\}/g, (_, name: string) => w.role(name)))
  await root.sql.unsafe('commit')
  return activation
}

/** Whoever says what this view is waits for shop.items. */
const waits = 'create view shop.waits as select * from shop.items; alter view shop.waits owner to levelb_definer;'

async function explained(w: Watched): Promise<string> {
  const effects = (await w.findings(true)).map(({ expected: _, ...effect }): Json => effect)
  await w.stage('0001_answer', { title: 'by hand', description: 'd', kind: 'explain', payload: { effects } })
  await w.approve('0001_answer')
  return '0001_answer'
}

test.each([
  ['the row that is explained', 'alter table shop.orders set (fillfactor = 40)', 'option fillfactor'],
  ['a part of what is explained', 'create policy late on shop.fresh', 'policy late on shop.fresh'],
])('LB101 › an explanation leaves out what was done meanwhile to %s', async (_, change, late) => {
  const w = await protectedWorld({ drift: 'refuse', ...patient })
  await w.past(`${waits} grant select on shop.orders to {reader};
    create table shop.fresh (); alter table shop.fresh owner to levelb_deploy`)
  const before = await w.drift(true)
  const row = await meanwhile(w, await explained(w), change)
  expect([row.outcome, row.code]).toEqual(['failed', 'LB101'])
  const after = await w.drift(true)
  expect(after).toEqual(expect.arrayContaining(before))
  const more = after.filter((line) => !before.includes(line))
  expect([more.length > 0, more.filter((line) => !line.includes(late))]).toEqual([true, []])
  // a quick look begins where the last one that was kept ended
  expect(await w.drift()).toEqual(after)
})

test.each([
  ['the same row', 'acl', 'orders', 'alter table shop.orders set (fillfactor = 40)'],
  ['a part of it', 'structure', 'fresh', 'create policy late on shop.fresh'],
])('what is expected is not taken over with what was done meanwhile to %s', async (_, of, table, change) => {
  const w = await protectedWorld({
    ...{ drift: 'refuse', ...patient },
    expected: [{ class: of, object_type: 'table', identity: `shop.${table}`, reason: 'of a test' }],
  })
  await w.past(
    table === 'orders'
      ? 'grant select on shop.orders to {reader}'
      : 'create table shop.fresh (); alter table shop.fresh owner to levelb_deploy',
  )
  const id = await ready(w, '0001_next', 'alter table shop.items set (fillfactor = 70)')
  const row = await meanwhile(w, id, change)
  expect([row.outcome, row.error]).toEqual(['activated', null])
  const late = (await w.drift(true)).filter((line) => !line.endsWith('(expected)'))
  expect(late).toContain(
    table === 'orders'
      ? 'structure: table shop.orders: option fillfactor: - → 40'
      : 'security: policy late on shop.fresh: exists: - → present',
  )
  expect(await w.drift()).toEqual(await w.drift(true))
})

test('what was dropped meanwhile is drift, though the activation read its catalog before and after', async () => {
  const w = await protectedWorld({ drift: 'refuse', ...patient })
  const id = await ready(w, '0001_next', 'alter table shop.items set (fillfactor = 70)')
  const row = await meanwhile(w, id, 'drop table shop.spare')
  expect([row.outcome, row.error]).toEqual(['activated', null])
  const gone = ['structure: table shop.spare: exists: present → -']
  expect([await w.drift(), await w.drift(true)]).toEqual([gone, gone])
})

test('LB102 › who holds what a drifted view reads is waited for no longer than the policy says', async () => {
  const w = await protectedWorld({ drift: 'refuse', timeouts: { lock: '100ms', statement: '60s' } })
  await w.past(waits)
  const id = await ready(w, '0001_next', 'grant select on shop.orders to public')
  const operator = await session(w, 'olga')
  const root = await superuser(w)
  await root.sql.unsafe('begin; lock table shop.items in access exclusive mode')
  expect(await refusal(activate(operator.sql, id))).toMatchObject({
    code: 'LB102',
    detail: { problem: 'another session holds something that drifted' },
  })
  await root.sql.unsafe('rollback')
  expect(await activate(operator.sql, id)).toMatchObject({ outcome: 'refused', code: 'LB302' })
})
